package gate

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

const requestIDHeader = "X-Request-Id"

// EventStream is the media type of server-sent events.
const EventStream = "text/event-stream"

// callersID is what a caller's own request id may look like; anything else is replaced.
var callersID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// observer names, counts and logs requests.
type observer struct {
	log     *slog.Logger
	seconds *prometheus.HistogramVec
}

func newObserver(log *slog.Logger, metrics prometheus.Registerer) (*observer, error) {
	o := &observer{log: log, seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "mocloud_api_request_seconds",
		Help:    "How long requests took, by route and status; live events are not counted.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60},
	}, []string{"method", "route", "status"})}
	if err := metrics.Register(o.seconds); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return o, nil
}

// middleware is the outermost: it turns errors into answers, so that it sees their status.
func (o *observer) middleware(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		ctx := c.Request().Context() // of the connection, not of the operation
		id := c.Request().Header.Get(requestIDHeader)
		if !callersID.MatchString(id) {
			id = rand.Text()
		}
		c.Response().Header().Set(requestIDHeader, id)
		err := recovered(next)(c)
		if err != nil {
			c.Error(err)
		}
		status := c.Response().Status
		route := c.Path() // "" where nothing is: one label value for all of them
		took := time.Since(start)
		if c.Response().Header().Get(echo.HeaderContentType) != EventStream {
			o.seconds.WithLabelValues(method(c.Request()), route, strconv.Itoa(status)).Observe(took.Seconds())
		}
		level := slog.LevelDebug
		if status >= http.StatusInternalServerError && ctx.Err() == nil { // the caller's going is nobody's fault
			level = slog.LevelError
		}
		o.log.LogAttrs(ctx, level, "request", slog.String("request_id", id), slog.String("method", c.Request().Method),
			slog.String("route", route), slog.Int("status", status), slog.Duration("took", took), slog.Any("error", err))
		return nil
	}
}

// recovered turns a panic into an error: one request fails, not the process.
func recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		return next(c)
	}
}

// method bounds the values of a label that callers choose.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch:
		return r.Method
	}
	return "other"
}

func requestID(c echo.Context) string { return c.Response().Header().Get(requestIDHeader) }
