package up

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

const (
	askEvery  = 20 * time.Millisecond
	askLong   = 10 * time.Second // for one answer, and for the first mock to be live
	firstMock = "hello"          // the slug of the mock that a new data folder begins with
)

// announce waits until everything answers, tells the person, and stays until the end.
func (c *cloud) announce(ctx context.Context, out io.Writer) error {
	api, err := client.NewClientWithResponses(c.apiURL(),
		client.WithHTTPClient(&http.Client{Timeout: 2 * askLong}),
		client.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
			req.Header.Set("Authorization", "Bearer "+c.token.Reveal())
			return nil
		}))
	if err != nil {
		return fmt.Errorf("make the API client: %w", err)
	}
	mocks, err := waitForAPI(ctx, api)
	if err != nil {
		return err
	}
	b := banner{
		SignInURL: c.names.public + "/signin?code=" + url.QueryEscape(c.signInCode),
		PublicURL: c.names.public, Token: c.token.Reveal(), DataPath: c.data.path, OpsURL: "http://" + c.ports.ops.Addr().String(),
		Push: c.command("push FILE --wait"), List: c.command("list"),
		Local: c.names.local, CallsHome: c.callsThisMachine(), OwnDomain: c.names.baseDomain != localDomain, Insecure: c.names.tls,
	}
	for _, m := range mocks {
		if m.Slug == firstMock && m.State != client.Offline {
			wait := askLong.String()
			_, err := api.GetPublicationWithResponse(ctx, m.ID, &client.GetPublicationParams{Wait: &wait})
			if err != nil && ctx.Err() == nil {
				return fmt.Errorf("wait for the first mock: %w", err)
			}
			b.MockURL = m.URL
			if m.PathURL != nil {
				b.PathURL = *m.PathURL
			}
			break
		}
	}
	select {
	case <-ctx.Done():
		return nil // asked to stop before there was anything to announce
	default:
	}
	if err := b.write(out); err != nil {
		return fmt.Errorf("print the banner: %w", err)
	}
	<-ctx.Done()
	return nil
}

// command is a mocloud command as it can be pasted into another terminal. Where everything is as usual it finds out by itself where
// and as whom.
func (c *cloud) command(arguments string) string {
	usual, err := filepath.Abs("data")
	if err == nil && c.apiURL() == remote.Local && c.data.path == usual && os.Getenv("MOCLOUD_ADMIN_TOKEN") == "" {
		return program() + " " + arguments
	}
	return fmt.Sprintf("MOCLOUD_URL=%s MOCLOUD_TOKEN=%s %s %s", c.apiURL(), c.token.Reveal(), program(), arguments)
}

// program is how this program is called: as it was, if that is found from the working folder, too.
func program() string {
	if called := os.Args[0]; strings.ContainsRune(called, filepath.Separator) && !strings.ContainsAny(called, " '\"") {
		return called
	}
	return "mocloud"
}

// waitForAPI asks until the api answers. What goes wrong before is said by the service that it goes wrong in.
func waitForAPI(ctx context.Context, api *client.ClientWithResponses) ([]client.Mock, error) {
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		page, err := api.ListMocksWithResponse(ctx, &client.ListMocksParams{})
		if err == nil && page.JSON200 != nil {
			return page.JSON200.Items, nil
		}
		if err == nil && page.StatusCode() == http.StatusUnauthorized {
			return nil, errors.New("the api does not know its own admin token")
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-ticker.C:
		}
	}
}
