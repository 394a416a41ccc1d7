package up

import (
	"errors"
	"log/slog"
	"slices"

	"github.com/mocloud/mocloud/pkg/backend"
	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/services/api"
	"github.com/mocloud/mocloud/services/cloudops"
	"github.com/mocloud/mocloud/services/mockserver"
	"github.com/mocloud/mocloud/services/proxy"
	"github.com/mocloud/mocloud/services/yamlgen"
)

// CheckSettings reports everything that is wrong with the variables that `mocloud up` would read, a line each.
func CheckSettings(environ []string) error {
	c := &cloud{environ: environ}
	_, ofAPI := settings[api.Config](c, nil, map[string]string{"DATABASE_URL": "sqlite:///mocloud.db"})
	_, ofYamlgen := settings[yamlgen.Config](c, nil, nil)
	_, ofMockserver := settings[mockserver.Config](c, nil, map[string]string{"MOCKSERVER_EGRESS_URL": "http://localhost", "MOCKSERVER_EGRESS_TOKEN": "x"})
	_, ofCloudops := settings[cloudops.Config](c, nil, map[string]string{"CLOUDOPS_PROXY_URL": "http://localhost", "CLOUDOPS_PROXY_TOKEN": "x"})
	_, ofProxy := settings[proxy.Config](c, nil, map[string]string{"PROXY_REVERSE_CALLERS": "", "PROXY_FORWARD_CALLERS": ""})
	return errors.Join(checkLevel(environ), unknown(environ), ofAPI, ofYamlgen, ofMockserver, ofCloudops, ofProxy)
}

// CheckSeparate is CheckSettings for the five services apart.
func CheckSeparate(environ []string) error {
	return errors.Join(checkLevel(environ), unknown(environ), check[backend.Config](environ), check[api.Config](environ), check[yamlgen.Config](environ),
		check[mockserver.Config](environ), check[cloudops.Config](environ), check[proxy.Config](environ))
}

// SettingFiles are the files that hold settings in place of variables: those that a KEY_FILE names.
func SettingFiles(environ []string) []string {
	return slices.Concat(config.Files[backend.Config](environ), config.Files[api.Config](environ), config.Files[mockserver.Config](environ),
		config.Files[cloudops.Config](environ), config.Files[proxy.Config](environ))
}

func check[T any](environ []string) error {
	_, err := config.Load[T](environ)
	return err
}

func checkLevel(environ []string) error {
	level, err := config.Load[struct {
		Text string `env:"LOG_LEVEL" envDefault:"info"`
	}](environ)
	if err == nil && new(slog.Level).UnmarshalText([]byte(level.Text)) != nil {
		return errLogLevel
	}
	return err
}

var errLogLevel = errors.New("LOG_LEVEL must be debug, info, warn or error")

// unknown refuses variables that look like settings and are none.
func unknown(environ []string) error {
	type apiSettings struct {
		Addr string `env:"API_ADDR"`
		api.Config
	}
	type mockserverSettings struct {
		Addr  string `env:"MOCKSERVER_ADDR"`
		HTTPS string `env:"MOCKSERVER_HTTPS_ADDR"`
		mockserver.Config
	}
	type proxySettings struct {
		Reverse string `env:"PROXY_REVERSE_ADDR"`
		Forward string `env:"PROXY_FORWARD_ADDR"`
		proxy.Config
	}
	return errors.Join(
		config.Slips[apiSettings](environ, "API_"), // a prefix that others use, too
		config.Slips[proxySettings](environ, "PROXY_"),
		config.Unknown[mockserverSettings](environ, "MOCKSERVER_"),
		config.Unknown[yamlgen.Config](environ, "YAMLGEN_"),
		config.Unknown[cloudops.Config](environ, "CLOUDOPS_"),
	)
}
