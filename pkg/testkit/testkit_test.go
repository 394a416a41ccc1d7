package testkit_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/storeurl"
	"github.com/mocloud/mocloud/pkg/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPostgresDatabasesAreApart(t *testing.T) {
	t.Parallel()
	for range 2 {
		conn, err := pgx.Connect(t.Context(), testkit.Postgres(t))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.WithoutCancel(t.Context()))
		if _, err := conn.Exec(t.Context(), "CREATE TABLE same (id int)"); err != nil {
			t.Error(err)
		}
	}
}

func TestRedisSpacesAreApart(t *testing.T) {
	t.Parallel()
	a, b := testkit.Redis(t), testkit.Redis(t)
	if a.Prefix == b.Prefix {
		t.Errorf("two spaces with the prefix %s", a.Prefix)
	}
	if err := a.Client.Set(t.Context(), a.Prefix+"key", 1, 0).Err(); err != nil {
		t.Error(err)
	}
}

func TestObjectStoresAreApart(t *testing.T) {
	t.Parallel()
	for range 2 {
		_, err := testkit.ObjectStore(t).Put(t.Context(), "a/b", strings.NewReader("x"), 1, objstore.PutOptions{IfAbsent: true})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestRedisServerRestarts(t *testing.T) {
	t.Parallel()
	s := testkit.RedisServer(t)
	client := redisClient(t, s.URL())
	ping := func(timeout time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		return client.Ping(ctx).Err()
	}
	if err := ping(time.Minute); err != nil {
		t.Fatal(err)
	}
	s.Pause()
	if ping(300*time.Millisecond) == nil {
		t.Error("a paused server answers")
	}
	s.Resume()
	if err := ping(time.Minute); err != nil {
		t.Errorf("resumed: %v", err)
	}
	s.Kill()
	if ping(time.Minute) == nil {
		t.Error("a killed server answers")
	}
	s.Start()
	if err := ping(time.Minute); err != nil {
		t.Errorf("restarted: %v", err)
	}
}

func TestPostgresServerKeepsDataOverKill(t *testing.T) {
	t.Parallel()
	s := testkit.PostgresServer(t)
	exec := func(sql string) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), s.URL())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TABLE kept (id int)")
	s.Kill()
	s.Start()
	exec("INSERT INTO kept VALUES (1)")
}

func TestS3ServerKeepsDataOverKill(t *testing.T) {
	t.Parallel()
	s := testkit.S3Server(t)
	store, err := storeurl.Open(t.Context(), s.Bucket())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := store.Put(t.Context(), "key", strings.NewReader("kept"), 4, objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	s.Start()
	if _, err := store.Stat(t.Context(), "key"); err != nil {
		t.Error(err)
	}
}

func redisClient(t *testing.T, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	options.MaxRetries, options.ContextTimeoutEnabled, options.ReadTimeout, options.DialTimeout = -1, true, time.Minute, time.Minute
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() }) // idle connections only
	return client
}
