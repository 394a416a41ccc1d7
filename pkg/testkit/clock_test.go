package testkit_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mocloud/mocloud/pkg/testkit"
)

// TestClocksOfTheirOwn: Redis forgets what is to be kept for an hour when its clock jumps by two, and Postgres tells another time.
func TestClocksOfTheirOwn(t *testing.T) {
	t.Parallel()
	redis := testkit.RedisServerWithClock(t)
	client := redisClient(t, redis.URL())
	if err := client.Set(t.Context(), "lease", "mine", time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	redis.ShiftClock(2 * time.Hour)
	if n, err := client.Exists(t.Context(), "lease").Result(); err != nil || n != 0 {
		t.Errorf("after the jump there are %d keys, %v", n, err)
	}
	now, err := client.Time(t.Context()).Result()
	if err != nil || time.Until(now) < time.Hour {
		t.Errorf("Redis says that it is %v, %v", now, err)
	}

	postgres := testkit.PostgresServerWithClock(t)
	conn, err := pgx.Connect(t.Context(), postgres.URL())
	if err != nil {
		t.Fatal(err)
	}
	postgres.ShiftClock(-24 * time.Hour)
	if err := conn.QueryRow(t.Context(), "SELECT now()").Scan(&now); err != nil || time.Since(now) < 23*time.Hour {
		t.Errorf("Postgres says that it is %v, %v", now, err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
