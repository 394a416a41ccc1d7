// Package flags has the kinds of flags that pflag lacks.
package flags

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// Wait adds a flag that takes an optional duration: `--wait` is fallback, `--wait=60s`, `--wait 60s` and `--wait 60` (seconds)
// are a minute. Join makes the forms with a space work.
func Wait(flags *pflag.FlagSet, target *time.Duration, fallback time.Duration, usage string) {
	flags.Var((*duration)(target), wait, usage)
	flags.Lookup(wait).NoOptDefVal = fallback.String()
}

const wait = "wait"

// duration is a pflag.Value.
type duration time.Duration

var errDuration = errors.New("write a duration such as 60s or 2m")

// Set implements pflag.Value.
func (d *duration) Set(text string) error {
	if seconds, err := strconv.Atoi(text); err == nil {
		text = strconv.Itoa(seconds) + "s"
	}
	parsed, err := time.ParseDuration(text)
	if err != nil || parsed <= 0 {
		return errDuration
	}
	*d = duration(parsed)
	return nil
}

// String implements pflag.Value.
func (d *duration) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

// Type implements pflag.Value.
func (d *duration) Type() string { return "TIME" }

// aDuration is what nobody calls a file.
var aDuration = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h)?([0-9]+(\.[0-9]+)?(ms|s|m))*$`)

// Join makes one argument of `--wait` and the duration that follows it, as pflag takes the value of such a flag only after `=`.
// What follows is a file all the same if one of that name exists.
func Join(args []string) []string {
	joined := slices.Clone(args)
	for i := 0; i+1 < len(joined); i++ {
		if joined[i] == "--" {
			break
		}
		if joined[i] != "--"+wait || !aDuration.MatchString(joined[i+1]) {
			continue
		}
		if _, err := os.Stat(joined[i+1]); err != nil {
			joined = slices.Replace(joined, i, i+2, strings.Join(joined[i:i+2], "="))
		}
	}
	return joined
}
