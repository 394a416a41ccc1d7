package cloud

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/mocloud/mocloud/pkg/objstore/storeurl"
)

// Truth is what is published: by the slug of a mock, the text that it answers at /answer.
type Truth map[string]string

// Answering is a mock that answers text at /answer; text is letters, digits and blanks.
func Answering(text string) string {
	return fmt.Sprintf("- endpoint:\n    path: /answer\n    response:\n      body: %q\n", text)
}

// answer finds text again in what Answering made.
func answer(content string) (string, error) {
	match := regexp.MustCompile(`body: "([^"]*)"`).FindStringSubmatch(content)
	if match == nil {
		return "", fmt.Errorf("no test made the content %q", content)
	}
	return match[1], nil
}

// InDatabase is what the database says is published.
func (c *Cloud) InDatabase(ctx context.Context) (Truth, error) {
	conn, err := pgx.Connect(ctx, c.DatabaseURL)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(ctx) }() // it only read
	rows, err := conn.Query(ctx, `SELECT m.slug, r.content FROM mocks m
		JOIN revisions r ON r.mock_id = m.id AND r.number = m.published_revision WHERE m.deleted_at IS NULL`)
	if err != nil {
		return nil, err
	}
	truth := Truth{}
	var slug, content string
	_, err = pgx.ForEachRow(rows, []any{&slug, &content}, func() error {
		truth[slug], err = answer(content)
		return err
	})
	return truth, err
}

// InUnifiedMock is what the unified mock in the object store says is published. It reads the file by its published form: a
// line "# mock {…}" before the lines of each mock, each of those an item of JSON.
func (c *Cloud) InUnifiedMock(ctx context.Context) (Truth, error) {
	store, err := storeurl.Open(ctx, c.ObjectStoreURL)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	object, err := store.Get(ctx, "moclojer.yml")
	if err != nil {
		return nil, err
	}
	defer object.Body.Close()
	truth, hosts := Truth{}, map[string]bool{}
	lines := bufio.NewScanner(object.Body)
	lines.Buffer(nil, maxAnswer)
	for lines.Scan() {
		line := lines.Text()
		if mock, ok := strings.CutPrefix(line, "# mock "); ok {
			var header struct{ Hosts []string }
			if err := json.Unmarshal([]byte(mock), &header); err != nil {
				return nil, fmt.Errorf("the line %q: %w", line, err)
			}
			for _, host := range header.Hosts {
				if hosts[host] {
					return nil, fmt.Errorf("the unified mock has %s twice", host)
				}
				hosts[host] = true
			}
		}
		item, ok := strings.CutPrefix(line, "- ")
		if !ok {
			continue
		}
		var decoded struct {
			Endpoint struct {
				Host     string
				Response struct{ Body any }
			}
		}
		if err := json.Unmarshal([]byte(item), &decoded); err != nil {
			return nil, fmt.Errorf("the line %q: %w", line, err)
		}
		slug := slugOf(decoded.Endpoint.Host)
		if _, twice := truth[slug]; twice {
			return nil, fmt.Errorf("the unified mock has %s twice", slug)
		}
		truth[slug] = strings.TrimSpace(fmt.Sprint(decoded.Endpoint.Response.Body))
	}
	return truth, lines.Err()
}

// slugOf is the part of a host before its workspace, which has no dash.
func slugOf(host string) string {
	name, _, _ := strings.Cut(host, ".")
	return name[:max(0, strings.LastIndexByte(name, '-'))]
}

// OverHTTP is what mocks at the given URLs answer; what answers 404 is not published.
func (c *Cloud) OverHTTP(ctx context.Context, urls map[string]string) (Truth, error) {
	truth := Truth{}
	for slug, url := range urls {
		answer, err := c.Call(ctx, url+"/answer")
		switch {
		case err != nil:
			return nil, err
		case answer.Status == http.StatusOK:
			truth[slug] = answer.Body
		case answer.Status != http.StatusNotFound:
			return nil, fmt.Errorf("%s answers %d %s", url, answer.Status, answer.Body)
		}
	}
	return truth, nil
}

// Converge waits until the database, the unified mock and what HTTP answers all say what is expected; urls are those of all
// mocks there ever were. The test fails with what differs.
func (c *Cloud) Converge(t testing.TB, expected Truth, urls map[string]string) {
	t.Helper()
	Eventually(t, "database, unified mock and HTTP agree", func() error {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var errs []error
		for _, view := range []struct {
			name string
			read func() (Truth, error)
		}{
			{"database", func() (Truth, error) { return c.InDatabase(ctx) }},
			{"HTTP", func() (Truth, error) { return c.OverHTTP(ctx, urls) }},
			{"unified mock", func() (Truth, error) { return c.InUnifiedMock(ctx) }},
		} {
			seen, err := view.read()
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", view.name, err))
			} else if diff := cmp.Diff(expected, seen); diff != "" {
				errs = append(errs, fmt.Errorf("%s (-expected +seen):\n%s", view.name, diff))
			}
		}
		return errors.Join(errs...)
	})
}
