package run

import (
	"fmt"
	"maps"
	"os"
	"strings"

	"github.com/joho/godotenv"

	"github.com/mocloud/mocloud/pkg/env"
)

// fromEnvironment begins the names of variables in the process's environment.
const fromEnvironment = "MOCK_"

// variables are what the mock reads as env.NAME: what --env says, else the file, else the environment.
func (o options) variables(environ []string) (map[string]string, error) {
	all := map[string]string{}
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		if name, ok := strings.CutPrefix(name, fromEnvironment); ok && env.ValidName(name) && env.Check(value, false) == "" {
			all[name] = value
		}
	}
	given := map[string]string{}
	if o.envFile != "" {
		file, err := os.Open(o.envFile)
		if err != nil {
			return nil, err
		}
		read, err := godotenv.Parse(file)
		_ = file.Close() // only read from
		if err != nil {
			return nil, fmt.Errorf("--env-file %s: write one NAME=VALUE a line: %w", o.envFile, err)
		}
		maps.Copy(given, read)
	}
	for _, kv := range o.env {
		name, value, ok := strings.Cut(kv, "=")
		if !ok {
			return nil, fmt.Errorf("--env %s: write NAME=VALUE", kv)
		}
		given[name] = value
	}
	for name, value := range given {
		if !env.ValidName(name) {
			return nil, fmt.Errorf("a variable cannot be named %q: use letters, digits and _, and begin with a letter or _", name)
		}
		if wrong := env.Check(value, false); wrong != "" {
			return nil, fmt.Errorf("the value of the variable %s %s", name, wrong)
		}
		all[name] = value
	}
	return all, nil
}
