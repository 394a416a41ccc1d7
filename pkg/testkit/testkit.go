// Package testkit gives tests real servers: Postgres, Redis and an S3 server, shared ones for tests that only need a corner of
// their own, and own processes for tests that kill and pause them; and a proxy that makes networks fail.
//
// The shared servers are those that TEST_POSTGRES_URL, TEST_REDIS_URL and TEST_S3_URL name. `make test` starts fresh ones and
// sets the variables; `go run ./testkit/testservers -- COMMAND` in pkg does the same for one command. A test that lacks its
// server fails: a suite that skips what it cannot run would be green without having looked.
package testkit

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/storeurl"
)

const cleanupTimeout = 2 * time.Minute

// shared returns the URL of a shared server, or fails the test with what to do.
func shared(t testing.TB, variable string) *url.URL {
	t.Helper()
	raw := os.Getenv(variable)
	if raw == "" {
		t.Fatalf("%s is not set: run `make test`, or one package with "+
			"`cd pkg && go run ./testkit/testservers -- go test PACKAGE`, or set it to a server of your own", variable)
	}
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatalf("%s is not a URL", variable)
	}
	return u
}

// cleanup runs f at the end of the test with a deadline of its own.
func cleanup(t testing.TB, f func(ctx context.Context) error) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		if err := f(ctx); err != nil {
			t.Errorf("clean up: %v", err)
		}
	})
}

// unique is a name that no other test has, fit for a database, a bucket and a Redis key.
func unique() string { return "t" + strings.ReplaceAll(uuid.NewString(), "-", "") }

// Postgres makes an empty database and returns its URL; the database goes with the test, whoever is still connected.
func Postgres(t testing.TB) string {
	t.Helper()
	u := shared(t, "TEST_POSTGRES_URL")
	name := unique()
	exec := func(ctx context.Context, sql string) error {
		conn, err := pgx.Connect(ctx, u.String())
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, sql)
		return errors.Join(err, conn.Close(ctx))
	}
	if err := exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	cleanup(t, func(ctx context.Context) error { return exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)") })
	database := *u
	database.Path = "/" + name
	return database.String()
}

// RedisSpace is a corner of a Redis server.
type RedisSpace struct {
	URL    string
	Prefix string        // of every key and channel; ends with a colon
	Client *redis.Client // closed at the end of the test
}

// Redis returns a corner of the shared Redis server: Pub/Sub knows no databases, so it is a prefix that keeps tests apart.
// Keys under the prefix go with the test.
func Redis(t testing.TB) RedisSpace {
	t.Helper()
	space := RedisSpace{URL: shared(t, "TEST_REDIS_URL").String(), Prefix: unique() + ":"}
	options, err := redis.ParseURL(space.URL)
	if err != nil {
		t.Fatalf("TEST_REDIS_URL: %v", err)
	}
	space.Client = redis.NewClient(options)
	cleanup(t, func(ctx context.Context) error {
		keys := space.Client.Scan(ctx, 0, space.Prefix+"*", 1000).Iterator()
		for keys.Next(ctx) {
			if err := space.Client.Del(ctx, keys.Val()).Err(); err != nil {
				return errors.Join(err, space.Client.Close())
			}
		}
		return errors.Join(keys.Err(), space.Client.Close())
	})
	return space
}

// ObjectStoreURL makes an empty bucket on the shared S3 server and returns its URL as storeurl.Open takes it; the bucket goes
// with the test.
func ObjectStoreURL(t testing.TB) string {
	t.Helper()
	u := shared(t, "TEST_S3_URL")
	return bucket(t, *u)
}

// ObjectStore is the store of ObjectStoreURL.
func ObjectStore(t testing.TB) objstore.Store {
	t.Helper()
	return openStore(t, ObjectStoreURL(t))
}

func openStore(t testing.TB, rawURL string) objstore.Store {
	t.Helper()
	store, err := storeurl.Open(t.Context(), rawURL)
	if err != nil {
		t.Fatal(err)
	}
	cleanup(t, func(context.Context) error { return store.Close() })
	return store
}

// bucket makes an empty bucket on the server at u, which goes with the test.
func bucket(t testing.TB, u url.URL) string {
	t.Helper()
	secretKey, _ := u.User.Password()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := minio.New(u.Host, &minio.Options{
		Creds:     credentials.NewStaticV4(u.User.Username(), secretKey, ""),
		Secure:    u.Query().Get("insecure") != "true",
		Region:    "us-east-1",
		Transport: transport,
	})
	if err != nil {
		t.Fatalf("S3 server: %v", err)
	}
	name := unique()
	if err := client.MakeBucket(t.Context(), name, minio.MakeBucketOptions{}); err != nil {
		t.Fatalf("make a bucket: %v", err)
	}
	cleanup(t, func(ctx context.Context) error {
		for object := range client.ListObjectsIter(ctx, name, minio.ListObjectsOptions{Recursive: true}) {
			err := object.Err
			if err == nil {
				err = client.RemoveObject(ctx, name, object.Key, minio.RemoveObjectOptions{})
			}
			if err != nil {
				return err
			}
		}
		return client.RemoveBucket(ctx, name)
	})
	u.Path = "/" + name
	return u.String()
}
