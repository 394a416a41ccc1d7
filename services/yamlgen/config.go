package yamlgen

import (
	"errors"
	"fmt"
	"time"
)

// Config configures the generator.
type Config struct {
	// Prefix is the prefix of every Redis channel and key; the same for all services of an installation.
	Prefix string `env:"REDIS_PREFIX" envDefault:"mocloud:"`
	// Lease is how long a generator that died keeps the others from taking over.
	Lease time.Duration `env:"YAMLGEN_LEASE" envDefault:"5s"`
	// WriteShare is the largest share of its time, 0 to 1, that the generator spends writing the unified mock.
	WriteShare float64 `env:"YAMLGEN_WRITE_SHARE" envDefault:"0.15"`
	// MaxAge is how long a change waits at most to be in the unified mock, whatever WriteShare says.
	MaxAge time.Duration `env:"YAMLGEN_MAX_AGE" envDefault:"1m"`
	// PendingBytes is how many bytes of changes wait in memory for the unified mock before it is written early.
	PendingBytes int `env:"YAMLGEN_PENDING_BYTES" envDefault:"67108864"`
	// Tombstones is how many removed mocks are remembered for consumers that were away.
	Tombstones int `env:"YAMLGEN_TOMBSTONES" envDefault:"10000"`
	// Parallel is how many calls to the object store run at the same time.
	Parallel int `env:"YAMLGEN_PARALLEL" envDefault:"8"`
	// MaxContent bounds a mock's content, in bytes; the same for the api and yamlgen.
	MaxContent int `env:"MOCK_MAX_CONTENT" envDefault:"1048576"`
	// MaxEndpoints bounds the endpoints of a mock; the same for the api and yamlgen.
	MaxEndpoints int `env:"MOCK_MAX_ENDPOINTS" envDefault:"2000"`
}

// Validate says everything that is wrong with the configuration.
func (c *Config) Validate() error {
	var problems []error
	check := func(ok bool, name, want string, got any) {
		if !ok {
			problems = append(problems, fmt.Errorf("%s is %v: %s", name, got, want))
		}
	}
	check(c.Lease >= time.Second && c.Lease <= time.Minute, "YAMLGEN_LEASE", "write a duration from 1s to 1m", c.Lease)
	check(c.WriteShare > 0 && c.WriteShare <= 1, "YAMLGEN_WRITE_SHARE", "write a share above 0 and up to 1", c.WriteShare)
	check(c.MaxAge > 0, "YAMLGEN_MAX_AGE", "write a duration above zero", c.MaxAge)
	check(c.PendingBytes > 0, "YAMLGEN_PENDING_BYTES", "write a number above zero", c.PendingBytes)
	check(c.Tombstones >= 0, "YAMLGEN_TOMBSTONES", "write zero or a number above it", c.Tombstones)
	check(c.Parallel > 0, "YAMLGEN_PARALLEL", "write a number above zero", c.Parallel)
	check(c.MaxContent > 0, "MOCK_MAX_CONTENT", "write a number above zero", c.MaxContent)
	check(c.MaxEndpoints > 0, "MOCK_MAX_ENDPOINTS", "write a number above zero", c.MaxEndpoints)
	return errors.Join(problems...)
}
