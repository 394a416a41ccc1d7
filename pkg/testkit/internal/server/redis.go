package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// Redis makes a Redis server that keeps nothing on disk; a restarted one is empty.
func Redis() (*Process, error) {
	path, err := find("redis-server", "on Debian `apt-get install redis-server`, on macOS `brew install redis`", "/opt/homebrew/bin", "/usr/local/bin")
	if err != nil {
		return nil, err
	}
	dir, at, err := place("redis")
	if err != nil {
		return nil, err
	}
	return &Process{
		URL:  "redis://" + at.Address() + "/0",
		name: "redis-server", port: at, dir: dir, path: path, stopSignal: syscall.SIGTERM,
		args:  []string{"--port", fmt.Sprint(at.Number), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir},
		ready: func(ctx context.Context) error { return pingRedis(ctx, at.Address()) },
	}, nil
}

// pingRedis asks for a PONG: a server that still loads accepts connections and refuses commands.
func pingRedis(ctx context.Context, address string) error {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	answer, err := "", conn.SetDeadline(time.Now().Add(time.Second))
	if err == nil {
		_, err = io.WriteString(conn, "PING\r\n")
	}
	if err == nil {
		answer, err = bufio.NewReader(conn).ReadString('\n')
	}
	if err == nil && !strings.HasPrefix(answer, "+PONG") {
		err = fmt.Errorf("redis answers %q", answer)
	}
	return errors.Join(err, conn.Close())
}

// Keys of every S3 server that this package starts; it listens on loopback only and lives as long as a test.
const (
	accessKey = "mocloud"
	secretKey = "mocloud-test"
)

// S3 makes an S3 server (versitygw on a directory). Its URL names no bucket.
func S3() (*Process, error) {
	places := []string{}
	if cache, err := os.UserCacheDir(); err == nil {
		places = append(places, cache+"/mocloud/bin")
	}
	path, err := find("versitygw", "`scripts/install-tools versitygw` builds it", places...)
	if err != nil {
		return nil, err
	}
	dir, at, err := place("s3")
	if err != nil {
		return nil, err
	}
	p := &Process{
		URL:  fmt.Sprintf("s3://%s:%s@%s/?insecure=true", accessKey, secretKey, at.Address()),
		name: "versitygw", port: at, dir: dir, path: path, stopSignal: syscall.SIGTERM,
		args:  []string{"--access", accessKey, "--secret", secretKey, "--port", at.Address(), "--quiet", "posix", dir + "/data"},
		ready: func(ctx context.Context) error { return dial(ctx, at.Address()) },
	}
	if err := os.Mkdir(dir+"/data", 0o700); err != nil {
		return nil, errors.Join(err, p.Remove())
	}
	return p, nil
}
