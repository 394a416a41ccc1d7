// Package config turns the environment into a typed configuration. Services get their Config as a value.
package config

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Validator is implemented by configurations that can tell, all at once, what is wrong with them.
type Validator interface {
	Validate() error
}

// Load reads the struct T from environ ("KEY=value" strings, as os.Environ gives) by its `env` tags. For every key a
// KEY_FILE variable may name a file that holds the value instead (its last newline is dropped). All problems are
// reported in one error, a line each.
func Load[T any](environ []string) (T, error) {
	var cfg T
	vars := make(map[string]string, len(environ))
	for _, kv := range environ {
		if key, value, ok := strings.Cut(kv, "="); ok {
			vars[key] = value
		}
	}
	opts := env.Options{Environment: vars}
	params, err := env.GetFieldParamsWithOptions(&cfg, opts)
	if err != nil {
		return cfg, fmt.Errorf("read the environment: %w", err)
	}
	var problems []error
	for _, p := range params {
		path, ok := vars[p.Key+"_FILE"]
		if !ok || p.Key == "" {
			continue
		}
		if _, both := vars[p.Key]; both {
			problems = append(problems, fmt.Errorf("%s and %s_FILE are both set; keep one", p.Key, p.Key))
			continue
		}
		content, err := os.ReadFile(path)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s_FILE: %w", p.Key, err))
			continue
		}
		vars[p.Key] = strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	}
	if err := env.ParseWithOptions(&cfg, opts); err != nil {
		if all, ok := errors.AsType[env.AggregateError](err); ok {
			problems = append(problems, all.Errors...)
		} else {
			problems = append(problems, err)
		}
	}
	if v, ok := any(&cfg).(Validator); ok && len(problems) == 0 {
		if err := v.Validate(); err != nil {
			problems = append(problems, err)
		}
	}
	return cfg, errors.Join(problems...)
}

// Files are the paths that KEY_FILE variables of environ name, for the settings of T.
func Files[T any](environ []string) []string {
	var cfg T
	params, err := env.GetFieldParams(&cfg)
	if err != nil {
		return nil // Load says why
	}
	var paths []string
	for _, kv := range environ {
		name, path, _ := strings.Cut(kv, "=")
		if slices.ContainsFunc(params, func(p env.FieldParams) bool { return p.Key != "" && name == p.Key+"_FILE" }) {
			paths = append(paths, path)
		}
	}
	return paths
}

// Unknown reports variables of environ that begin with prefix and are no setting of T: they would have no effect. Kubernetes and
// Docker set variables of the same kind for each service that they know; those pass.
func Unknown[T any](environ []string, prefix string) error {
	return unknown[T](environ, func(key, _ string) bool { return strings.HasPrefix(key, prefix) })
}

// Slips reports variables of environ that begin with prefix and are nearly a setting of T: for a prefix that other programs use, too.
func Slips[T any](environ []string, prefix string) error {
	return unknown[T](environ, func(key, nearest string) bool { return strings.HasPrefix(key, prefix) && nearest != "" })
}

func unknown[T any](environ []string, refuse func(key, nearest string) bool) error {
	var cfg T
	params, err := env.GetFieldParams(&cfg)
	if err != nil {
		return fmt.Errorf("read the settings: %w", err)
	}
	keys := make([]string, 0, 2*len(params))
	for _, p := range params {
		keys = append(keys, p.Key, p.Key+"_FILE")
	}
	var problems []error
	for _, kv := range environ {
		key, _, _ := strings.Cut(kv, "=")
		if slices.Contains(keys, key) || serviceLink.MatchString(key) {
			continue
		}
		switch nearest := nearest(key, keys); {
		case !refuse(key, nearest):
		case nearest != "":
			problems = append(problems, fmt.Errorf("%s is not a setting; did you mean %s?", key, nearest))
		default:
			problems = append(problems, fmt.Errorf("%s is not a setting; docs/configuration.md lists them", key))
		}
	}
	return errors.Join(problems...)
}

// serviceLink is a variable that an orchestrator sets: API_SERVICE_HOST, API_PORT, API_PORT_3000_TCP_ADDR.
var serviceLink = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT|NAME|PORT_[0-9]+_(TCP|UDP)(_[A-Z]+)?)$`)

// nearest is the key that most of a slip agrees with, from its beginning and from its end; "" if none is near.
func nearest(slip string, keys []string) string {
	best, most := "", 0
	for _, key := range keys {
		shorter := min(len(slip), len(key))
		front := 0
		for front < shorter && slip[front] == key[front] {
			front++
		}
		back := 0
		for back < shorter-front && slip[len(slip)-1-back] == key[len(key)-1-back] {
			back++
		}
		if same := front + back; max(len(slip), len(key))-same <= farthest && same > most {
			best, most = key, same
		}
	}
	return best
}

// farthest is how many letters of a slip differ.
const farthest = 3
