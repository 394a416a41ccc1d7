package mockstate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// Redis is a Store in a Redis that all servers share. A session is a hash {prefix}state:{MOCK-ID}:s:NAME with its fields behind `f:`, its
// version `v`, its size `b` and its number of counters `c`; the sorted set {prefix}state:{MOCK-ID}:used says when each was used last, and
// the hash {prefix}state:{MOCK-ID}:sizes how large each is. The braces around the id keep a mock in one slot of a cluster.
type Redis struct {
	client *redis.Client
	prefix string
	limits Limits
	// down is until when nobody asks, because Redis did not answer.
	down atomic.Int64
}

const (
	// redisTimeout bounds one call.
	redisTimeout = 2 * time.Second
	// redisPause is for how long nobody asks again when Redis does not answer.
	redisPause = time.Second
)

// NewRedis makes a store in Redis, whose keys begin with prefix.
func NewRedis(client *redis.Client, prefix string, l Limits) *Redis {
	return &Redis{client: client, prefix: prefix, limits: l}
}

//nolint:gochecknoglobals // immutable scripts
var (
	// KEYS: session, used. ARGV: now in ms, expiry in ms, name, fields…
	readScript = redis.NewScript(`
local v = redis.call('HGET', KEYS[1], 'v')
if not v then return {'0'} end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[1], ARGV[3])
local out = {v}
if #ARGV == 3 then
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 2) == 'f:' then
      out[#out+1] = string.sub(all[i], 3)
      out[#out+1] = all[i+1]
    end
  end
else
  local names = {}
  for i = 4, #ARGV do names[#names+1] = 'f:' .. ARGV[i] end
  local values = redis.call('HMGET', KEYS[1], unpack(names))
  for i = 1, #names do
    if values[i] then
      out[#out+1] = ARGV[i+3]
      out[#out+1] = values[i]
    end
  end
end
return out`)

	// KEYS: session, used, sizes. ARGV: now, expiry, name, version, session limit, mock limit, counters, sessions, idle of named sessions,
	// key of sessions without their name, then for each change field, value, 1 to delete.
	commitScript = redis.NewScript(`
local v = redis.call('HGET', KEYS[1], 'v')
if (v or '0') ~= ARGV[4] then return {'moved'} end
local old = tonumber(redis.call('HGET', KEYS[1], 'b') or '0')
local hadCounters = tonumber(redis.call('HGET', KEYS[1], 'c') or '0')
local bytes, counters = old, hadCounters
for i = 11, #ARGV, 3 do
  local was = redis.call('HGET', KEYS[1], 'f:' .. ARGV[i])
  local counter = 0
  if string.sub(ARGV[i], 1, 2) == 't:' then counter = 1 end
  if was then
    bytes = bytes - #ARGV[i] - #was
    counters = counters - counter
  end
  if ARGV[i+2] == '0' then
    bytes = bytes + #ARGV[i] + #ARGV[i+1]
    counters = counters + counter
  end
end
if bytes > tonumber(ARGV[5]) then return {'session'} end
if counters > tonumber(ARGV[7]) and counters > hadCounters then return {'counters'} end
if not v then
  local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. (tonumber(ARGV[1]) - tonumber(ARGV[9])))
  for _, name in ipairs(gone) do
    if name ~= '' and redis.call('EXISTS', ARGV[10] .. name) == 0 then
      redis.call('ZREM', KEYS[2], name)
      redis.call('HDEL', KEYS[3], name)
    end
  end
  if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[8]) then
    for _, name in ipairs(redis.call('ZRANGE', KEYS[2], 0, 1)) do
      if name ~= '' then
        redis.call('UNLINK', ARGV[10] .. name)
        redis.call('ZREM', KEYS[2], name)
        redis.call('HDEL', KEYS[3], name)
        break
      end
    end
  end
end
if bytes > old then
  local total = bytes - old
  for _, size in ipairs(redis.call('HVALS', KEYS[3])) do total = total + tonumber(size) end
  if total > tonumber(ARGV[6]) then return {'mock'} end
end
for i = 11, #ARGV, 3 do
  if ARGV[i+2] == '0' then
    redis.call('HSET', KEYS[1], 'f:' .. ARGV[i], ARGV[i+1])
  else
    redis.call('HDEL', KEYS[1], 'f:' .. ARGV[i])
  end
end
if v then
  redis.call('HINCRBY', KEYS[1], 'v', 1)
else
  -- A session that begins anew has no version that it had before: time goes on faster than versions do.
  redis.call('HSET', KEYS[1], 'v', ARGV[1] .. '000')
end
redis.call('HSET', KEYS[1], 'b', bytes, 'c', counters)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[1], ARGV[3])
redis.call('HSET', KEYS[3], ARGV[3], bytes)
return {'ok'}`)
)

func (r *Redis) mock(mockID string) string { return r.prefix + "state:{" + mockID + "}:" }

func (r *Redis) keys(s Session) []string {
	base := r.mock(s.MockID)
	return []string{base + "s:" + s.Name, base + "used", base + "sizes"}
}

// ask runs something that calls Redis, unless that did not answer a moment ago.
func (r *Redis) ask(ctx context.Context, do func(context.Context) error) error {
	if time.Now().UnixNano() < r.down.Load() {
		return ErrUnavailable
	}
	calling, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	err := do(calling)
	if err == nil || errors.Is(err, redis.Nil) {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.down.Store(time.Now().Add(redisPause).UnixNano())
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// Read implements Store.
func (r *Redis) Read(ctx context.Context, s Session, fields ...string) (Snapshot, error) {
	args := make([]any, 0, 3+len(fields))
	args = append(args, time.Now().UnixMilli(), r.limits.expiry(s.Name).Milliseconds(), s.Name)
	for _, f := range fields {
		args = append(args, f)
	}
	var out Snapshot
	err := r.ask(ctx, func(ctx context.Context) error {
		answer, err := readScript.Run(ctx, r.client, r.keys(s)[:2], args...).StringSlice()
		if err != nil {
			return err
		}
		out.Version, err = strconv.ParseUint(answer[0], 10, 64)
		out.Fields = make(map[string]string, len(answer)/2)
		for i := 1; i+1 < len(answer); i += 2 {
			out.Fields[answer[i]] = answer[i+1]
		}
		return err
	})
	return out, err
}

// Commit implements Store.
func (r *Redis) Commit(ctx context.Context, s Session, version uint64, changes []Change) error {
	keys := r.keys(s)
	l := &r.limits
	args := make([]any, 0, 10+3*len(changes))
	args = append(args, time.Now().UnixMilli(), l.expiry(s.Name).Milliseconds(), s.Name, strconv.FormatUint(version, 10),
		l.Session, l.Mock, l.Counters, l.Sessions, l.Idle.Milliseconds(), strings.TrimSuffix(keys[0], s.Name))
	for _, c := range changes {
		deletes := "0"
		if c.Delete {
			deletes = "1"
		}
		args = append(args, c.Field, c.Value, deletes)
	}
	var answer []string
	err := r.ask(ctx, func(ctx context.Context) (err error) {
		answer, err = commitScript.Run(ctx, r.client, keys, args...).StringSlice()
		return err
	})
	if err != nil {
		return err
	}
	switch answer[0] {
	case "ok":
		return nil
	case "moved":
		return ErrMoved
	case "session":
		return &FullError{What: "session", Limit: l.Session}
	case "counters":
		return &FullError{What: "counters", Limit: int64(l.Counters)}
	default:
		return &FullError{What: "mock", Limit: l.Mock}
	}
}

// Sessions implements Store.
func (r *Redis) Sessions(ctx context.Context, mockID string) ([]Info, error) {
	var out []Info
	base := r.mock(mockID)
	err := r.ask(ctx, func(ctx context.Context) error {
		used, err := r.client.ZRevRangeWithScores(ctx, base+"used", 0, -1).Result()
		if err != nil {
			return err
		}
		sizes, err := r.client.HGetAll(ctx, base+"sizes").Result()
		if err != nil {
			return err
		}
		for _, u := range used {
			name, _ := u.Member.(string)
			at := time.UnixMilli(int64(u.Score))
			expires := at.Add(r.limits.expiry(name))
			if !time.Now().Before(expires) {
				continue
			}
			bytes, err := strconv.ParseInt(sizes[name], 10, 64)
			if err != nil {
				continue
			}
			out = append(out, Info{Name: name, Used: at, Bytes: bytes, Expires: expires})
		}
		return nil
	})
	return out, err
}

// Reset implements Store.
func (r *Redis) Reset(ctx context.Context, s Session) error {
	keys := r.keys(s)
	return r.ask(ctx, func(ctx context.Context) error {
		_, err := r.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Unlink(ctx, keys[0])
			p.ZRem(ctx, keys[1], s.Name)
			p.HDel(ctx, keys[2], s.Name)
			return nil
		})
		return err
	})
}

// Drop implements Store.
func (r *Redis) Drop(ctx context.Context, mockID string) error {
	base := r.mock(mockID)
	return r.ask(ctx, func(ctx context.Context) error {
		names, err := r.client.ZRange(ctx, base+"used", 0, -1).Result()
		if err != nil {
			return err
		}
		keys := make([]string, 0, len(names)+2)
		for _, name := range names {
			keys = append(keys, base+"s:"+name)
		}
		return r.client.Unlink(ctx, append(keys, base+"used", base+"sizes")...).Err()
	})
}
