//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgres is a Postgres server on this machine that holds what is measured. A nil one is no server: it uses no time.
type postgres struct{ conn *pgx.Conn }

func connectPostgres(ctx context.Context, url string) (*postgres, error) {
	if url == "" {
		return nil, errors.New("TEST_POSTGRES_URL is not set; scripts/bench-api starts a server and sets it")
	}
	conn, err := pgx.Connect(ctx, url)
	return &postgres{conn}, err
}

// close works when ctx has ended, too.
func (p *postgres) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	return p.conn.Close(ctx)
}

// settle does now what the server would do at some time during the measurement: it counts what its planner has to know, and writes out
// what is new.
func (p *postgres) settle(ctx context.Context) error {
	if p == nil {
		return nil
	}
	for _, statement := range []string{"VACUUM ANALYZE", "CHECKPOINT"} {
		if _, err := p.conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// cpu is the CPU time of all of the server's processes that live now. One that ended meanwhile takes its time with it, as a
// parallel worker of a query would: what it did is not counted.
func (p *postgres) cpu(ctx context.Context) (time.Duration, error) {
	if p == nil {
		return 0, nil
	}
	rows, err := p.conn.Query(ctx, "SELECT pid FROM pg_stat_activity")
	if err != nil {
		return 0, err
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, pid := range pids {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if errors.Is(err, os.ErrNotExist) {
			continue // it has just ended
		}
		if err != nil || !bytes.HasPrefix(name, []byte("postgres")) {
			return 0, errors.Join(errors.New("the Postgres server is not on this machine, where its time can be read"), err)
		}
		used, err := cpuOf(pid)
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}
