package check

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/digitalocean/godo"
	"sigs.k8s.io/yaml"
)

// TestAppSpecs reads the specs of both apps strictly as the provider's own types.
func TestAppSpecs(t *testing.T) {
	t.Parallel()
	known := settings(t)
	files, err := filepath.Glob("../digitalocean/*.app.yaml")
	if err != nil || len(files) != 2 {
		t.Fatalf("%v %v", files, err)
	}
	var services, workers []string
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // ours
		if err != nil {
			t.Fatal(err)
		}
		asJSON, err := yaml.YAMLToJSONStrict(text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		var spec godo.AppSpec
		d := json.NewDecoder(bytes.NewReader(asJSON))
		d.DisallowUnknownFields()
		if err := d.Decode(&spec); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		envs := [][]*godo.AppVariableDefinition{spec.Envs}
		for _, s := range spec.Services {
			services = append(services, s.Name)
			envs = append(envs, s.Envs)
			if s.HealthCheck == nil || s.HealthCheck.HTTPPath != "/readyz" || s.HealthCheck.Port != 9090 {
				t.Errorf("%s: the health check of %s is not that of the service", file, s.Name)
			}
			if s.Autoscaling == nil || s.Autoscaling.MinInstanceCount < 2 || s.Autoscaling.MaxInstanceCount < s.Autoscaling.MinInstanceCount {
				t.Errorf("%s: %s does not scale", file, s.Name)
			}
			if len(s.LogDestinations) == 0 || s.LogDestinations[0].Logtail == nil {
				t.Errorf("%s: the logs of %s go nowhere", file, s.Name)
			}
			if !strings.HasPrefix(s.InstanceSizeSlug, "apps-d-") {
				t.Errorf("%s: %s is to scale, which takes a dedicated size", file, s.Name)
			}
		}
		for _, w := range spec.Workers {
			workers = append(workers, w.Name)
			envs = append(envs, w.Envs)
			if len(w.LogDestinations) == 0 || w.LogDestinations[0].Logtail == nil {
				t.Errorf("%s: the logs of %s go nowhere", file, w.Name)
			}
		}
		for _, env := range slices.Concat(envs...) {
			setting(t, known, file, env.Key, env.Value)
		}
		if len(spec.Alerts) == 0 {
			t.Errorf("%s has no alerts", file)
		}
	}
	slices.Sort(services)
	slices.Sort(workers)
	if !slices.Equal(services, []string{"api", "mockserver"}) || !slices.Equal(workers, []string{"cloudops", "yamlgen"}) {
		t.Errorf("services %v, workers %v", services, workers)
	}
}

// TestCloudInit: the proxy's machine starts the hardened unit, and opens no port to the world.
func TestCloudInit(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../digitalocean/proxy.cloud-init.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(text, []byte("#cloud-config\n")) {
		t.Error("the first line is not #cloud-config: cloud-init would take it for a script")
	}
	var config struct {
		Packages   []string `json:"packages"`
		Users      []any    `json:"users"`
		WriteFiles []struct{ Path, Permissions, Owner, Content string } `json:"write_files"`
		RunCmd     []any `json:"runcmd"`
		Upgrade    bool  `json:"package_upgrade"`
	}
	if err := yaml.UnmarshalStrict(text, &config); err != nil {
		t.Fatal(err)
	}
	known := settings(t)
	found := map[string]string{}
	for _, f := range config.WriteFiles {
		found[f.Path] = f.Content
	}
	environment := found["/etc/mocloud/proxy.env"]
	for _, m := range regexp.MustCompile(`(?m)^#?([A-Z][A-Z0-9_]+)=(.*)$`).FindAllStringSubmatch(environment, -1) {
		value := m[2]
		if strings.HasPrefix(value, "@") || strings.HasSuffix(value, "@") {
			value = "" // to be filled in
		}
		setting(t, known, "proxy.env", m[1], value)
	}
	unit := found["/etc/systemd/system/mocloud-proxy.service"]
	checkUnit(t, unit)
	if !strings.Contains(found["/etc/nftables.conf"], "policy drop") {
		t.Error("the firewall is open")
	}
}

// checkUnit holds a unit to what systemd can keep from a service that needs the network only.
func checkUnit(t *testing.T, unit string) {
	t.Helper()
	for _, line := range []string{
		"NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes", "CapabilityBoundingSet=",
		"RestrictAddressFamilies=AF_INET AF_INET6", "SystemCallFilter=@system-service", "MemoryDenyWriteExecute=yes", "Restart=on-failure",
	} {
		if !strings.Contains(unit, line) {
			t.Errorf("the unit has no line %s:\n%s", line, unit)
		}
	}
}

// TestSingleHost: the unit of `mocloud up` is as hardened as the proxy's.
func TestSingleHost(t *testing.T) {
	t.Parallel()
	unit, err := os.ReadFile("../single-host/mocloud.service")
	if err != nil {
		t.Fatal(err)
	}
	checkUnit(t, string(unit))
}
