package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/pkg/backend"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/storeurl"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api"
)

// database examines a database and its schema. The advice is for when it cannot be opened; byHand says that the api does not
// migrate when it starts.
func (e *examination) database(url secret.String, advice string, byHand bool) {
	ctx, cancel := e.within()
	defer cancel()
	begin := time.Now()
	c, err := api.Inspect(ctx, url)
	if err != nil {
		e.wrong("database", err.Error(), advice)
		return
	}
	if !c.Clock.IsZero() {
		e.compare("the database", begin, c.Clock)
	}
	if c.ReadOnly {
		e.wrong("database", c.Server+" is read-only", "Set DATABASE_URL to the primary, with a role that may write.")
	} else {
		e.ok("database", c.Server)
	}
	e.migrations(c, byHand)
}

func (e *examination) migrations(c api.Condition, byHand bool) {
	switch {
	case c.Version > c.Known:
		e.wrong("migrations", fmt.Sprintf("the schema (version %d) is ahead of this mocloud, which knows version %d: a newer mocloud wrote it", c.Version, c.Known),
			"Install that version or a newer one; an older one does not start on this database.")
	case c.Pending == 0:
		e.ok("migrations", fmt.Sprintf("version %d", c.Version))
	case byHand:
		e.wrong("migrations", fmt.Sprintf("the schema (version %d) lacks %d migrations, and API_MIGRATE is false", c.Version, c.Pending), "Run `mocloud migrate` before the api starts.")
	default:
		e.ok("migrations", fmt.Sprintf("%d pending; the api applies them when it starts", c.Pending))
	}
}

// redis examines Redis: it must answer, and take a key.
func (e *examination) redis() {
	client, err := backend.OpenRedis(e.Redis)
	if err != nil {
		e.wrong("Redis", err.Error(), "Correct REDIS_URL.")
		return
	}
	defer func() { _ = client.Close() }() // nothing is lost
	ctx, cancel := e.within()
	defer cancel()
	const advice = "Check that Redis is running, and its address and password in REDIS_URL."
	begin := time.Now()
	now, err := client.Time(ctx).Result()
	if err != nil {
		e.wrong("Redis", client.Options().Addr+": "+exit.Reason(err), advice)
		return
	}
	e.compare("Redis", begin, now)
	key := e.Prefix + "doctor:" + strings.ToLower(rand.Text())
	if err := client.Set(ctx, key, "", patience).Err(); err != nil {
		e.wrong("Redis", client.Options().Addr+" cannot be written to: "+exit.Reason(err), "Set REDIS_URL to the primary, with a user that may use every key with the prefix "+e.Prefix)
		return
	}
	if err := client.Del(ctx, key).Err(); err != nil {
		e.wrong("Redis", client.Options().Addr+": "+exit.Reason(err), advice)
		return
	}
	e.ok("Redis", redisVersion(ctx, client))
}

// redisVersion is a program's name and version; without the latter where the user may not ask for it.
func redisVersion(ctx context.Context, client *redis.Client) string {
	info, err := client.Info(ctx, "server").Result()
	if err != nil {
		return "it answers"
	}
	for line := range strings.Lines(info) {
		if number, ok := strings.CutPrefix(line, "redis_version:"); ok {
			return "Redis " + strings.TrimSpace(number)
		}
	}
	return "it answers"
}

// objects examines the object store: it must keep what is written, under the conditions that the writer sets.
func (e *examination) objects(url secret.String) {
	ctx, cancel := e.within()
	defer cancel()
	store, err := storeurl.Open(ctx, url.Reveal())
	if err != nil {
		e.wrong("object store", err.Error(), "Correct OBJECT_STORE_URL, or the permissions of the folder.")
		return
	}
	defer func() { _ = store.Close() }() // only idle connections
	key := "doctor/" + strings.ToLower(rand.Text())
	begin := time.Now()
	err = conditional(ctx, store, key)
	if info, statErr := store.Stat(ctx, key); statErr == nil && strings.HasPrefix(url.Reveal(), "s3:") {
		e.compare("the object store", begin, info.Modified)
	}
	clean, cancelClean := e.within()
	defer cancelClean()
	if deleteErr := store.Delete(clean, key); err == nil {
		err = deleteErr
	}
	switch {
	case errors.Is(err, errIgnored):
		e.wrong("object store", err.Error(), "Use an S3 server that supports If-Match and If-None-Match with PutObject.")
	case err != nil:
		e.wrong("object store", err.Error(), "Check that the object store is running, that the bucket exists, and that the key may read, write and delete.")
	default:
		e.ok("object store", "conditional writes work")
	}
}

var errIgnored = errors.New("the object store ignores the conditions of writes, so that two writers would overwrite each other")

// conditional writes an object as the generator does.
func conditional(ctx context.Context, store objstore.Store, key string) error {
	put := func(content string, o objstore.PutOptions) (string, error) {
		return store.Put(ctx, key, strings.NewReader(content), int64(len(content)), o)
	}
	refused := func(content string, o objstore.PutOptions) error {
		switch _, err := put(content, o); {
		case errors.Is(err, objstore.ErrPrecondition):
			return nil
		case err == nil:
			return errIgnored
		default:
			return err
		}
	}
	first, err := put("first", objstore.PutOptions{IfAbsent: true})
	if err != nil {
		return err
	}
	if err := refused("other", objstore.PutOptions{IfAbsent: true}); err != nil {
		return err
	}
	if _, err := put("second", objstore.PutOptions{IfMatch: first}); err != nil {
		return err
	}
	if err := refused("third", objstore.PutOptions{IfMatch: first}); err != nil {
		return err
	}
	object, err := store.Get(ctx, key)
	if err != nil {
		return err
	}
	content, err := io.ReadAll(io.LimitReader(object.Body, 64))
	if err := errors.Join(err, object.Body.Close()); err != nil {
		return err
	}
	if string(content) != "second" {
		return fmt.Errorf("it returned %q, and %q was written", content, "second")
	}
	return nil
}

// maxSkew is how far clocks may be apart.
const maxSkew = 5 * time.Second

// skew is how far somebody's clock is ahead of this machine's.
type skew struct {
	whose string
	by    time.Duration
}

// compare notes the clock of somebody who was asked at begin and has just answered. It said now at some time between the two.
func (e *examination) compare(whose string, begin, now time.Time) {
	var by time.Duration
	if end := time.Now(); now.Before(begin) {
		by = now.Sub(begin)
	} else if now.After(end) {
		by = now.Sub(end)
	}
	e.skews = append(e.skews, skew{whose, by})
}

func (e *examination) clocks() {
	if len(e.skews) == 0 {
		e.skipped("clock", "there is no other clock to compare with")
		return
	}
	well := true
	for _, s := range e.skews {
		if s.by.Abs() <= maxSkew {
			continue
		}
		direction := "ahead of"
		if s.by < 0 {
			direction = "behind"
		}
		well = false
		e.wrong("clock", fmt.Sprintf("the clock of %s is %s %s this machine's", s.whose, s.by.Abs().Round(time.Second), direction), "Synchronize both with NTP.")
	}
	if well {
		e.ok("clock", fmt.Sprintf("no other clock differs by more than %s", maxSkew))
	}
}
