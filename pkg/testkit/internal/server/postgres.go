package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
)

const postgresUser = "mocloud"

// Postgres makes a fresh Postgres cluster that survives the death of its process but not a power cut, which makes it fast.
func Postgres() (*Process, error) {
	const install = "on Debian `apt-get install postgresql`, on macOS `brew install postgresql`"
	places := []string{"/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin", "/usr/pgsql-*/bin"}
	path, err := find("postgres", install, places...)
	if err != nil {
		return nil, err
	}
	dir, at, err := place("postgres")
	if err != nil {
		return nil, err
	}
	p := &Process{
		URL:  fmt.Sprintf("postgres://%s@%s/postgres?sslmode=disable", postgresUser, at.Address()),
		name: "postgres", port: at, dir: dir, path: path,
		stopSignal: syscall.SIGINT,  // the fast shutdown: clients are sent away
		killSignal: syscall.SIGQUIT, // the immediate one, a crash of all its processes; SIGKILL would leave them serving for a while
		args: []string{
			"-D", dir + "/data", "-p", strconv.Itoa(at.Number), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
			"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=300", "-c", "shared_buffers=64MB",
		},
	}
	p.ready = func(ctx context.Context) error { return pingPostgres(ctx, p.URL) }
	if err := p.initdb(); err != nil {
		return nil, errors.Join(err, p.Remove())
	}
	return p, nil
}

// initdb makes the cluster's files. Postgres refuses to run as root, so root hands the folder to somebody else.
func (p *Process) initdb() error {
	if os.Geteuid() == 0 {
		uid, gid, err := unprivileged()
		if err != nil {
			return err
		}
		p.credential = &syscall.Credential{Uid: uid, Gid: gid}
		if err := os.Chown(p.dir, int(uid), int(gid)); err != nil {
			return err
		}
	}
	cmd := exec.Command(filepath.Join(filepath.Dir(p.path), "initdb"), //nolint:noctx // It ends by itself.
		"-D", p.dir+"/data", "-U", postgresUser, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = childAttr(p.credential)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// unprivileged finds a user to run Postgres as.
func unprivileged() (uid, gid uint32, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		account, lookupErr := user.Lookup(name)
		if lookupErr != nil {
			err = errors.Join(err, lookupErr)
			continue
		}
		u, uidErr := strconv.ParseUint(account.Uid, 10, 32)
		g, gidErr := strconv.ParseUint(account.Gid, 10, 32)
		return uint32(u), uint32(g), errors.Join(uidErr, gidErr)
	}
	return 0, 0, fmt.Errorf("postgres does not run as root, and there is no other user to run it: %w", err)
}

func pingPostgres(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(conn.Ping(ctx), conn.Close(ctx))
}
