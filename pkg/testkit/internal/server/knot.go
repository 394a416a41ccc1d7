package server

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Knot makes a name server that is responsible for a zone and takes signed updates and transfers of it. key is its key, as NAME:SECRET. Its URL
// is its ip:port.
func Knot(zone string) (p *Process, key string, err error) {
	path, err := find("knotd", "Debian has it in the package knot", "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
	if err != nil {
		return nil, "", err
	}
	dir, at, err := place("knot")
	if err != nil {
		return nil, "", err
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	secret := base64.StdEncoding.EncodeToString(raw)
	config := fmt.Sprintf(`server:
    listen: %s
    rundir: %q
database:
    storage: %q
key:
  - id: mocloud
    algorithm: hmac-sha256
    secret: %s
acl:
  - id: mocloud
    key: mocloud
    action: [update, transfer]
zone:
  - domain: %s
    storage: %q
    file: zone
    acl: mocloud
`, strings.Replace(at.Address(), ":", "@", 1), dir, dir, secret, zone, dir)
	content := fmt.Sprintf("$ORIGIN %s.\n$TTL 60\n@ SOA ns hostmaster 1 60 60 600 60\n@ NS ns\nns A 127.0.0.1\nby-hand A 192.0.2.1\n", zone)
	for name, text := range map[string]string{"knot.conf": config, "zone": content} {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	p = &Process{
		URL: at.Address(), name: "knotd", port: at, dir: dir, path: path, args: []string{"-c", filepath.Join(dir, "knot.conf")}, stopSignal: syscall.SIGTERM,
		ready: func(ctx context.Context) error { return dial(ctx, at.Address()) },
	}
	if err != nil {
		return nil, "", errors.Join(err, p.Remove())
	}
	return p, "mocloud:" + secret, nil
}
