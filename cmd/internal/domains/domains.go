// Package domains is `mocloud domains`: the custom host names of mocks. Only cmd/mocloud imports it.
package domains

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command lists domains; its subcommands add, check and give them up.
func Command() *cobra.Command {
	var flags remote.Flags
	cmd := &cobra.Command{
		Use:     "domains",
		Short:   "List the custom host names of your mocks, add, check and give them up",
		Example: "  mocloud domains\n  mocloud domains add api.example.com pets\n  mocloud domains verify api.example.com\n  mocloud domains remove api.example.com",
		Args:    exit.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.Connect()
			if err != nil {
				return err
			}
			all, err := list(cmd.Context(), c)
			if err != nil {
				return err
			}
			return show(cmd.OutOrStdout(), all, flags.JSON)
		},
	}
	flags.Add(cmd)
	cmd.AddCommand(addCommand(), verifyCommand(), removeCommand())
	return cmd
}

func addCommand() *cobra.Command {
	var flags remote.Flags
	cmd := &cobra.Command{
		Use:   "add HOST [WORKSPACE/]MOCK",
		Short: "Claim a host name for a mock, and show the DNS records to create",
		Args:  exit.Args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := flags.Connect()
			if err != nil {
				return err
			}
			m, err := remote.MustFind(cmd.Context(), c, remote.ParseRef(args[1]))
			if err != nil {
				return err
			}
			d, err := remote.Read((*client.AddDomainResponse).GetJSON201)(c.AddDomainWithResponse(cmd.Context(), m.ID, nil, client.NewDomain{Host: args[0]}))
			if err != nil {
				return err
			}
			return showOne(cmd.OutOrStdout(), d, flags.JSON)
		},
	}
	flags.Add(cmd)
	return cmd
}

func verifyCommand() *cobra.Command {
	var flags remote.Flags
	cmd := &cobra.Command{
		Use:   "verify HOST",
		Short: "Have a domain's DNS records looked at now",
		Args:  exit.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := flags.Connect()
			if err != nil {
				return err
			}
			d, err := find(cmd.Context(), c, args[0])
			if err != nil {
				return err
			}
			if d, err = remote.Read((*client.VerifyDomainResponse).GetJSON202)(c.VerifyDomainWithResponse(cmd.Context(), d.ID)); err != nil {
				return err
			}
			return showOne(cmd.OutOrStdout(), d, flags.JSON)
		},
	}
	flags.Add(cmd)
	return cmd
}

func removeCommand() *cobra.Command {
	var flags remote.Flags
	cmd := &cobra.Command{
		Use:   "remove HOST",
		Short: "Give a domain up; remove its CNAME record first",
		Args:  exit.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := flags.Connect()
			if err != nil {
				return err
			}
			d, err := find(cmd.Context(), c, args[0])
			if err != nil {
				return err
			}
			return remote.Check(c.DeleteDomainWithResponse(cmd.Context(), d.ID))
		},
	}
	flags.AddServer(cmd)
	return cmd
}

func list(ctx context.Context, c *client.ClientWithResponses) ([]client.Domain, error) {
	all := []client.Domain{} // not nil: `[]` in JSON
	limit := 200
	params := client.ListDomainsParams{Limit: &limit}
	for {
		page, err := remote.Read((*client.ListDomainsResponse).GetJSON200)(c.ListDomainsWithResponse(ctx, &params))
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if params.Cursor = page.NextCursor; params.Cursor == nil {
			return all, nil
		}
	}
}

// find returns the domain with that host.
func find(ctx context.Context, c *client.ClientWithResponses, host string) (*client.Domain, error) {
	all, err := list(ctx, c)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Host == host {
			return &all[i], nil
		}
	}
	return nil, fmt.Errorf("there is no domain %s; `mocloud domains` shows those that there are", host)
}

func show(out io.Writer, all []client.Domain, asJSON bool) error {
	if asJSON {
		return remote.PrintJSON(out, all)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(out, "No domains yet. Claim one: mocloud domains add HOST MOCK")
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "HOST\tMOCK\tSTATE\tOWNERSHIP\tROUTING") // Flush tells whether it could be written
	for _, d := range all {
		_, _ = fmt.Fprintf(table, "%s\t%s/%s\t%s\t%s\t%s\n", d.Host, d.Workspace, d.MockSlug, d.State, d.Ownership, d.Routing)
	}
	return table.Flush()
}

func showOne(out io.Writer, d *client.Domain, asJSON bool) error {
	if asJSON {
		return remote.PrintJSON(out, d)
	}
	if _, err := fmt.Fprintf(out, "%s  %s/%s  %s\n%s\n\nDNS records:\n", d.Host, d.Workspace, d.MockSlug, d.State, d.Reason); err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range d.Records {
		_, _ = fmt.Fprintf(table, "  %s\t%s\t%s\n", r.Type, r.Name, r.Value)
	}
	return table.Flush()
}
