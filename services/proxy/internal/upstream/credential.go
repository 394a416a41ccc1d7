package upstream

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/secret"
)

// Credential is a provider's token: a fixed one, or the content of a file that is read again when it changes, so that a
// token can be rotated without a restart. It is safe for concurrent use.
type Credential struct {
	log  *slog.Logger
	path string

	mu       sync.Mutex
	token    secret.String
	modified time.Time
	size     int64
}

// NewCredential makes a credential; path wins over token. Both may be empty: then there is none.
func NewCredential(log *slog.Logger, token secret.String, path string) *Credential {
	return &Credential{log: log, token: token, path: path}
}

// Token returns the present token, empty if there is none. A file that cannot be read any more leaves the last one in force.
func (c *Credential) Token(ctx context.Context) secret.String {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.path != "" {
		if err := c.read(); err != nil {
			c.log.WarnContext(ctx, "cannot read the provider's token again", "error", err)
		}
	}
	return c.token
}

// maxToken bounds the file.
const maxToken = 16 << 10

func (c *Credential) read() error {
	info, err := os.Stat(c.path)
	if err != nil {
		return err
	}
	if info.ModTime().Equal(c.modified) && info.Size() == c.size {
		return nil
	}
	if info.Size() > maxToken {
		return fmt.Errorf("%s is larger than a token", c.path)
	}
	content, err := os.ReadFile(c.path)
	if err != nil {
		return err
	}
	token := strings.TrimSpace(string(content))
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("%s does not hold one token", c.path)
	}
	c.token, c.modified, c.size = secret.New(token), info.ModTime(), info.Size()
	return nil
}
