// Package config turns the environment into a typed configuration. Only mains and cmd/mocloud import it: services get
// their Config as a value.
package config

import (
	"errors"
	"fmt"
	"os"
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
