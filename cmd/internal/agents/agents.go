// Package agents is `mocloud mcp`: the tools of mocloud for an agent, over standard input and output.
package agents

import (
	"context"
	"errors"
	"io"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/cmd/internal/version"
	"github.com/mocloud/mocloud/services/api/mcpserver"
)

// Command returns the command.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "Serve the tools of a mocloud server to an agent (MCP over standard input and output)",
		Long: "Serve MCP, the Model Context Protocol, over standard input and output: an agent starts this command and finds tools that write\n" +
			"mocks, try and publish them, and search their requests. They work on the server that you are signed in to, with your token. The\n" +
			"same tools are at POST /mcp of the server, for agents that speak HTTP.",
		Example: "  mocloud mcp\n  mocloud mcp --server https://mocloud.example.com\n  claude mcp add mocloud -- mocloud mcp",
		Args:    cobra.NoArgs,
	}
	remote.Command(cmd, func(ctx context.Context, s *remote.Session, _ []string) error {
		server := mcpserver.New(mcpserver.Config{API: s.ClientWithResponses, Version: version.Text()})
		err := server.Run(ctx, &mcp.IOTransport{Reader: io.NopCloser(s.In), Writer: unclosed{s.Out}})
		if errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) {
			return nil // the agent is done
		}
		return err
	})
	_ = cmd.Flags().MarkHidden("json") // the flag is there: remote.Command adds it
	return cmd
}

// unclosed is standard output, which is not the transport's to close.
type unclosed struct{ io.Writer }

func (unclosed) Close() error { return nil }
