package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

const chartFolder = "../helm/mocloud"

// render returns the objects of the chart, strictly read as what Kubernetes takes; those of other kinds as texts.
func render(t *testing.T, values map[string]any) (objects []runtime.Object, others []string) {
	t.Helper()
	chart, err := loader.Load(chartFolder)
	if err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(chart, values, chartutil.ReleaseOptions{Name: "mocks", Namespace: "mocloud", IsInstall: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		t.Fatal(err)
	}
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	for name, text := range files {
		if strings.HasSuffix(name, ".txt") || strings.HasSuffix(name, ".tpl") {
			continue
		}
		for document := range strings.SplitSeq(text, "\n---\n") {
			if strings.TrimSpace(strings.TrimPrefix(document, "---")) == "" {
				continue
			}
			object, _, err := decoder.Decode([]byte(document), nil, nil)
			switch {
			case runtime.IsNotRegisteredError(err):
				others = append(others, document)
			case err != nil:
				t.Errorf("%s: %v\n%s", name, err, document)
			default:
				objects = append(objects, object)
			}
		}
	}
	return objects, others
}

func least() map[string]any {
	return map[string]any{"publicURL": "https://console.example.com", "baseDomain": "mocks.example.com"}
}

func TestChartIsClean(t *testing.T) {
	t.Parallel()
	result := lint.AllWithKubeVersion(chartFolder, least(), "mocloud", nil)
	for _, m := range result.Messages {
		if m.Severity >= support.WarningSev {
			t.Errorf("%s", m)
		}
	}
}

// TestChartRefuses: values that cannot work are refused with the name of the value.
func TestChartRefuses(t *testing.T) {
	t.Parallel()
	chart, err := loader.Load(chartFolder)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range map[string]map[string]any{
		"publicURL":  {"baseDomain": "mocks.example.com"},
		"baseDomain": {"publicURL": "https://console.example.com", "baseDomain": "https://mocks.example.com"},
		"secret":     {"publicURL": "https://console.example.com", "baseDomain": "mocks.example.com", "secret": ""},
	} {
		if _, err := chartutil.ToRenderValues(chart, values, chartutil.ReleaseOptions{Name: "x", Namespace: "x"}, nil); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestChartObjects(t *testing.T) {
	t.Parallel()
	known := settings(t)
	everything := least()
	everything["serviceMonitor"] = map[string]any{"enabled": true, "labels": map[string]any{"release": "prometheus"}}
	everything["imagePullSecrets"] = []any{map[string]any{"name": "registry"}}
	everything["env"] = map[string]any{"LOG_LEVEL": "debug"}
	everything["mockserver"] = map[string]any{"env": map[string]any{"MOCKSERVER_PATH_FORM": true}, "autoscaling": map[string]any{"enabled": false}}
	everything["proxy"] = map[string]any{"providersSecret": "providers"}
	everything["ingress"] = map[string]any{"className": "nginx", "annotations": map[string]any{"a": "b"}, "consoleTLSSecret": "console-tls", "mocksTLSSecret": "mocks-tls"}
	everything["networkPolicy"] = map[string]any{"ingressFrom": []any{map[string]any{"namespaceSelector": map[string]any{}}}, "metricsFrom": []any{map[string]any{"namespaceSelector": map[string]any{}}}}
	little := least()
	little["cloudops"] = map[string]any{"enabled": false}
	little["ingress"] = map[string]any{"enabled": false}
	little["networkPolicy"] = map[string]any{"enabled": false}
	for name, one := range map[string]struct {
		values map[string]any
		kinds  map[string]int
	}{
		"least": {least(), map[string]int{"Deployment": 5, "Service": 5, "PodDisruptionBudget": 5, "HorizontalPodAutoscaler": 2, "NetworkPolicy": 5, "Ingress": 2, "Job": 1}},
		"everything": {everything, map[string]int{"Deployment": 5, "Service": 5, "PodDisruptionBudget": 5, "HorizontalPodAutoscaler": 1, "NetworkPolicy": 5, "Ingress": 2, "Job": 1, "other": 1}},
		"little": {little, map[string]int{"Deployment": 4, "Service": 4, "PodDisruptionBudget": 4, "HorizontalPodAutoscaler": 2, "Job": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects, others := render(t, one.values)
			kinds := map[string]int{}
			if len(others) > 0 {
				kinds["other"] = len(others)
			}
			for _, o := range objects {
				kinds[o.GetObjectKind().GroupVersionKind().Kind]++
			}
			if fmt.Sprint(kinds) != fmt.Sprint(one.kinds) {
				t.Errorf("got %v, want %v", kinds, one.kinds)
			}
			for _, text := range others {
				var monitor struct {
					APIVersion, Kind string
					Spec             struct{ Endpoints []struct{ Port string } }
				}
				if err := yaml.Unmarshal([]byte(text), &monitor); err != nil || monitor.Kind != "ServiceMonitor" || len(monitor.Spec.Endpoints) != 1 || monitor.Spec.Endpoints[0].Port != "ops" {
					t.Errorf("%v\n%s", err, text)
				}
			}
			inspect(t, known, objects)
		})
	}
}

// inspect checks what makes the objects fit together.
func inspect(t *testing.T, known map[string]bool, objects []runtime.Object) {
	t.Helper()
	pods := map[string]corev1.PodTemplateSpec{}
	for _, o := range objects {
		switch o := o.(type) {
		case *appsv1.Deployment:
			pods[o.Name] = o.Spec.Template
			for k, v := range o.Spec.Selector.MatchLabels {
				if o.Spec.Template.Labels[k] != v {
					t.Errorf("%s does not select its own pods", o.Name)
				}
			}
		case *batchv1.Job:
			pods[o.Name] = o.Spec.Template
		}
	}
	ports := func(of map[string]string) (names []string) {
		for _, pod := range pods {
			matches := len(of) > 0
			for k, v := range of {
				matches = matches && pod.Labels[k] == v
			}
			if matches {
				for _, p := range pod.Spec.Containers[0].Ports {
					names = append(names, p.Name)
				}
			}
		}
		return names
	}
	for name, pod := range pods {
		c := pod.Spec.Containers[0]
		s := c.SecurityContext
		if s == nil || !*s.RunAsNonRoot || !*s.ReadOnlyRootFilesystem || *s.AllowPrivilegeEscalation || len(s.Capabilities.Drop) != 1 || *pod.Spec.AutomountServiceAccountToken {
			t.Errorf("%s may do more than it needs", name)
		}
		if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
			t.Errorf("%s has no bounds", name)
		}
		if !strings.HasSuffix(c.Image, ":dev") || !strings.HasPrefix(c.Image, "ghcr.io/mocloud/") {
			t.Errorf("%s: image %s", name, c.Image)
		}
		seen := map[string]bool{}
		for _, e := range c.Env {
			if seen[e.Name] {
				t.Errorf("%s has %s twice", name, e.Name)
			}
			seen[e.Name] = true
			value := e.Value
			if strings.Contains(value, "$(") {
				value = ""
			}
			setting(t, known, name, e.Name, value)
		}
	}
	for _, o := range objects {
		switch o := o.(type) {
		case *corev1.Service:
			have := ports(o.Spec.Selector)
			for _, p := range o.Spec.Ports {
				if !slices.Contains(have, p.TargetPort.StrVal) {
					t.Errorf("service %s leads to port %s, its pods have %v", o.Name, p.TargetPort.StrVal, have)
				}
			}
		case *networkingv1.NetworkPolicy:
			have := ports(o.Spec.PodSelector.MatchLabels)
			for _, rule := range o.Spec.Ingress {
				for _, p := range rule.Ports {
					if len(have) > 0 && !slices.Contains(have, p.Port.StrVal) {
						t.Errorf("policy %s opens port %s, its pods have %v", o.Name, p.Port.StrVal, have)
					}
				}
			}
		case *policyv1.PodDisruptionBudget:
			if len(ports(o.Spec.Selector.MatchLabels)) == 0 {
				t.Errorf("budget %s is for no pods", o.Name)
			}
		case *autoscalingv2.HorizontalPodAutoscaler:
			if _, ok := pods[o.Spec.ScaleTargetRef.Name]; !ok || *o.Spec.MinReplicas > o.Spec.MaxReplicas {
				t.Errorf("autoscaler %s: %+v", o.Name, o.Spec)
			}
		case *networkingv1.Ingress:
			for _, rule := range o.Spec.Rules {
				if to := rule.HTTP.Paths[0].Backend.Service.Name; len(pods[to].Spec.Containers) == 0 {
					t.Errorf("%s leads to %s, which there is not", rule.Host, to)
				}
			}
		}
	}
}
