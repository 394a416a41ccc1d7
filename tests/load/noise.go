//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// noiseCount counts the answers.
type noiseCount struct{ Answered, Refused int64 }

// runNoise is the neighbour: `load noise KIND ADDRESS DURATION`. It prints what it counted.
func runNoise(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 3 {
		return errors.New("load noise KIND ADDRESS DURATION")
	}
	each, err := time.ParseDuration(args[2])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, each)
	defer cancel()
	// 30 keys in three loops are more turns than a template may take.
	loop := "/loop?" + strings.TrimPrefix(strings.Repeat("&k%d=v", 40), "&")
	for i := range 40 {
		loop = strings.Replace(loop, "%d", fmt.Sprint(i), 1)
	}
	large := "[" + strings.TrimSuffix(strings.Repeat(`{"name":"a","list":[1,2,3]},`, 30_000), ",") + "]"
	var request string
	connections, pause := 64, time.Duration(0)
	switch args[0] {
	case "requests":
		request = "GET /static HTTP/1.1\r\nHost: " + noisyHost + "\r\n\r\n"
	case "templates":
		request, connections = "GET "+loop+" HTTP/1.1\r\nHost: "+noisyHost+"\r\n\r\n", 200
	case "bodies":
		request = fmt.Sprintf("POST /body HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", noisyHost, len(large), large)
	case "slow":
		request, connections, pause = "GET /static HTTP/1.1\r\nHost: "+noisyHost+"\r\nX-Slow: "+strings.Repeat("x", 1000), 500, 50*time.Millisecond
	case "headers":
		request = "GET /headers HTTP/1.1\r\nHost: " + noisyHost + "\r\n" + lines(5000) + "\r\n"
	case "lookups":
		names := "{" + strings.ReplaceAll(strings.TrimSuffix(lines(50_000), "\r\n"), "\r\n", ",") + "}"
		names = strings.NewReplacer("{n", `{"n`, ",n", `,"n`, ": v", `":1`).Replace(names)
		request = fmt.Sprintf("POST /names HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", noisyHost, len(names), names)
	case "explanations":
		request = "GET /variables HTTP/1.1\r\nHost: " + noisyHost + "\r\nX-Mocloud-Explain: 1\r\n\r\n"
	case "half-sent":
		request, connections = "POST /body HTTP/1.1\r\nHost: "+noisyHost+"\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n[", 2000
	case "idle":
		request, connections = "", 9000 // more than there are places
	default:
		return fmt.Errorf("there is no noise %q", args[0])
	}
	var count struct{ answered, refused atomic.Int64 }
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			for ctx.Err() == nil {
				if args[0] == "half-sent" || args[0] == "idle" {
					_ = holdOn(ctx, args[1], request) // a server may hang up on such a caller
					continue
				}
				_ = talk(ctx, args[1], request, pause, func(status int) { // and on such a one
					count.answered.Add(1)
					if status != http.StatusOK {
						count.refused.Add(1)
					}
				})
			}
		})
	}
	wg.Wait()
	return json.NewEncoder(out).Encode(noiseCount{count.answered.Load(), count.refused.Load()})
}

// lines is so many short header lines.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "n%d: v\r\n", i)
	}
	return b.String()
}

// holdOn says the beginning of a request, and keeps the connection until the server hangs up or ctx ends.
func holdOn(ctx context.Context, address, beginning string) error {
	conn, err := dial(ctx, address)
	if err != nil {
		return errors.Join(err, pause(ctx, 50*time.Millisecond))
	}
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, beginning); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, conn)
	return errors.Join(err, pause(ctx, 50*time.Millisecond))
}

// talk repeats a request on one connection until it breaks or ctx ends. With a pause it sends it byte by byte.
func talk(ctx context.Context, address, request string, pause time.Duration, answered func(status int)) error {
	conn, err := dial(ctx, address)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	defer func() { _ = conn.Close() }()
	hear := bufio.NewReader(conn)
	for ctx.Err() == nil {
		if err := say(ctx, conn, request, pause); err != nil {
			return err
		}
		got, err := http.ReadResponse(hear, nil)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, got.Body)
		if err := errors.Join(err, got.Body.Close()); err != nil {
			return err
		}
		answered(got.StatusCode)
	}
	return nil
}

func say(ctx context.Context, conn net.Conn, request string, pauses time.Duration) error {
	if pauses == 0 {
		_, err := io.WriteString(conn, request)
		return err
	}
	for i := range len(request) {
		if _, err := io.WriteString(conn, request[i:i+1]); err != nil {
			return err
		}
		if err := pause(ctx, pauses); err != nil {
			return err
		}
	}
	return nil
}
