package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/mocloud/mocloud/pkg/testkit/port"
)

// Pebble makes a certificate authority (Let's Encrypt's for tests). Its URL is its directory's; its certificate's chain and key are in PEM.
// dns is the name server that it asks, as ip:port; it finds hosts at the two ports.
func Pebble(dns, chain, key string, httpPort, tlsPort int) (p *Process, management string, err error) {
	places := []string{}
	if cache, err := os.UserCacheDir(); err == nil {
		places = append(places, cache+"/mocloud/bin")
	}
	path, err := find("pebble", "`scripts/install-tools pebble` builds it", places...)
	if err != nil {
		return nil, "", err
	}
	dir, at, err := place("pebble")
	if err != nil {
		return nil, "", err
	}
	other, err := port.Reserve()
	if err != nil {
		return nil, "", errors.Join(err, at.Release())
	}
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": at.Address(), "managementListenAddress": other.Address(), "certificate": filepath.Join(dir, "chain.pem"), "privateKey": filepath.Join(dir, "key.pem"),
		"httpPort": httpPort, "tlsPort": tlsPort, "keyAlgorithm": "ecdsa", "retryAfter": map[string]int{"authz": 1, "order": 1},
		"profiles": map[string]any{"default": map[string]any{"description": "for tests", "validityPeriod": 7776000}},
	}})
	for name, content := range map[string]string{"chain.pem": chain, "key.pem": key, "config.json": string(config)} {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600)
		}
	}
	p = &Process{
		URL: fmt.Sprintf("https://%s/dir", at.Address()), name: "pebble", port: at, dir: dir, path: path, stopSignal: syscall.SIGTERM,
		args: []string{"-config", filepath.Join(dir, "config.json"), "-dnsserver", dns},
		env:  []string{"PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0"},
		ready: func(ctx context.Context) error {
			return errors.Join(dial(ctx, at.Address()), dial(ctx, other.Address()))
		},
		more: other,
	}
	if err != nil {
		return nil, "", errors.Join(err, p.Remove())
	}
	return p, "https://" + other.Address(), nil
}
