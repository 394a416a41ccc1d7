// Package doctor is `mocloud doctor`: it checks what an installation needs, and says what to do about what is wrong.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/up"
	"github.com/mocloud/mocloud/pkg/backend"
	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/secret"
)

// patience bounds each check.
const patience = 10 * time.Second

// settings are those that say where things are.
type settings struct {
	Database    secret.String `env:"DATABASE_URL"`
	Redis       secret.String `env:"REDIS_URL"`
	Objects     secret.String `env:"OBJECT_STORE_URL"`
	Prefix      string        `env:"REDIS_PREFIX" envDefault:"mocloud:"`
	Migrate     bool          `env:"API_MIGRATE" envDefault:"true"`
	API         string        `env:"API_PUBLIC_URL" envDefault:"http://localhost:3000"`
	APIAddr     string        `env:"API_ADDR" envDefault:"127.0.0.1:3000"`
	OpsAddr     string        `env:"OPS_ADDR" envDefault:"127.0.0.1:3002"`
	Egress      string        `env:"MOCKSERVER_EGRESS_URL"`
	EgressToken secret.String `env:"MOCKSERVER_EGRESS_TOKEN"`
	Proxy       string        `env:"CLOUDOPS_PROXY_URL"`
	ProxyToken  secret.String `env:"CLOUDOPS_PROXY_TOKEN"`
}

// separate reports whether the environment configures services that run apart.
func (s settings) separate() bool {
	return !s.Database.Empty() || !s.Redis.Empty() || !s.Objects.Empty()
}

// Command is `mocloud doctor`.
func Command() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check an installation, and say what to do about what is wrong",
		Long: `Check an installation: its settings, the database and its migrations, Redis, the object store, the proxy, clocks, versions,
and who can read its data and secrets. Each check prints ok, or what is wrong and what to do; the exit status is 1 if anything is wrong.

With DATABASE_URL, REDIS_URL or OBJECT_STORE_URL it checks five services that run apart: set the variables that the services have. Otherwise,
or with --data, it checks the data folder of ` + "`mocloud up`" + `, which may be running. It writes and removes one key in Redis and one
object; it changes nothing else.`,
		Example: "  mocloud doctor\n  mocloud doctor --data /srv/mocloud",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			environ := os.Environ()
			where, _ := config.Load[settings](environ) // the check of the settings reports its error
			backend.LogRedis(slog.New(slog.DiscardHandler))
			e := examination{ctx: cmd.Context(), settings: where, environ: environ}
			if where.separate() && !cmd.Flags().Changed("data") {
				e.separate()
			} else {
				e.folder(data)
			}
			if err := e.print(cmd.OutOrStdout()); err != nil {
				return err
			}
			return e.verdict()
		},
	}
	cmd.Flags().StringVar(&data, "data", "data", "data `FOLDER` of mocloud up")
	return cmd
}

// separate examines the services that run apart.
func (e *examination) separate() {
	e.configuration(up.CheckSeparate(e.environ))
	e.secretFiles()
	if !e.Database.Empty() {
		e.database(e.Database, "Check that the database is running, and its address and password in DATABASE_URL.", !e.Migrate)
	}
	if !e.Redis.Empty() {
		e.redis()
	}
	if !e.Objects.Empty() {
		e.objects(e.Objects)
	}
	e.forwardProxy()
	e.reverseProxy()
	e.clocks()
	e.version(strings.TrimRight(e.API, "/"), "Start the api, or set API_PUBLIC_URL.")
}

// folder examines the data folder of `mocloud up`.
func (e *examination) folder(data string) {
	e.configuration(up.CheckSettings(e.environ))
	e.secretFiles()
	path, err := filepath.Abs(data)
	if err != nil {
		path = data
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		e.skipped("data folder", exit.Quoted(path)+" does not exist; `mocloud up` creates it, or name another with --data")
	} else if e.dataFolder(path) {
		e.database(secret.New("sqlite://"+filepath.Join(path, "mocloud.db")), "Restore a backup into another folder with `mocloud backup restore`.", false)
		e.objects(secret.New("file:" + escaped(filepath.Join(path, "objects"))))
	}
	address := e.APIAddr
	if host, port, err := net.SplitHostPort(address); err == nil {
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			address = net.JoinHostPort("localhost", port)
		}
	}
	if e.version("http://"+address, "Start `mocloud up`, or set API_ADDR to its address.") {
		e.ready()
	}
}

// configuration reports each line of what is wrong with the settings once.
func (e *examination) configuration(err error) {
	if err == nil {
		e.ok("configuration", "every variable is correct")
		return
	}
	seen := map[string]bool{}
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" && !seen[line] {
			seen[line] = true
			e.wrong("configuration", line, "Correct the variable; docs/configuration.md lists them all.")
		}
	}
}

// examination collects what the checks found.
type examination struct {
	ctx context.Context // one examination is one call
	settings
	environ []string

	findings []finding
	skews    []skew
}

// finding is the result of a check.
type finding struct{ state, check, message, advice string }

func (e *examination) ok(check, message string) { e.add("ok", check, message, "") }

func (e *examination) skipped(check, why string) { e.add("skipped", check, why, "") }

func (e *examination) wrong(check, what, advice string) { e.add("wrong", check, what, advice) }

func (e *examination) add(state, check, message, advice string) {
	e.findings = append(e.findings, finding{state, check, strings.Join(strings.Fields(message), " "), advice})
}

// within is a context for one check.
func (e *examination) within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(e.ctx, patience)
}

func (e *examination) print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range e.findings {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", f.state, f.check, f.message) // Flush tells the error
		if f.advice != "" {
			_, _ = fmt.Fprintln(table, "\t\t"+f.advice)
		}
	}
	return table.Flush()
}

// verdict is an error if anything is wrong.
func (e *examination) verdict() error {
	wrong := 0
	for _, f := range e.findings {
		if f.state == "wrong" {
			wrong++
		}
	}
	switch wrong {
	case 0:
		return nil
	case 1:
		return errors.New("one thing is wrong")
	}
	return fmt.Errorf("%d things are wrong", wrong)
}
