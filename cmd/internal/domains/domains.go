// Package domains is `mocloud domains`: the custom host names of mocks.
package domains

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command lists domains; its subcommands add, check and give them up.
func Command() *cobra.Command {
	cmd := remote.Command(&cobra.Command{
		Use:     "domains",
		Short:   "List the custom host names of your mocks; add, check and remove them",
		Example: "  mocloud domains\n  mocloud domains add api.example.com pets\n  mocloud domains verify api.example.com\n  mocloud domains remove api.example.com",
		Args:    cobra.NoArgs,
	}, func(ctx context.Context, s *remote.Session, _ []string) error {
		all, err := list(ctx, s)
		if err != nil {
			return err
		}
		return s.Show(all, func(out io.Writer) {
			if len(all) == 0 {
				_, _ = fmt.Fprintln(out, "No domains yet. Claim one: mocloud domains add HOST MOCK") // Show tells whether it could be written
				return
			}
			_, _ = fmt.Fprintln(out, "HOST\tMOCK\tSTATE\tOWNERSHIP\tROUTING\tCERTIFICATE")
			for _, d := range all {
				_, _ = fmt.Fprintf(out, "%s\t%s/%s\t%s\t%s\t%s\t%s\n", d.Host, d.WorkspaceSlug, d.MockSlug, d.State, d.Ownership, d.Routing, d.Certificate)
			}
		})
	})
	cmd.AddCommand(
		remote.Command(&cobra.Command{
			Use:   "show HOST",
			Short: "Show a domain, and each of its DNS records beside what was found",
			Args:  cobra.ExactArgs(1),
		}, func(ctx context.Context, s *remote.Session, args []string) error {
			d, err := find(ctx, s, args[0])
			if err != nil {
				return err
			}
			return show(s, d)
		}),
		remote.Command(&cobra.Command{
			Use:   "add HOST [WORKSPACE/]MOCK",
			Short: "Claim a host name for a mock, and show the DNS records to create",
			Args:  cobra.ExactArgs(2),
		}, add),
		remote.Command(&cobra.Command{
			Use:     "verify HOST",
			Aliases: []string{"check"},
			Short:   "Check a domain's DNS records now",
			Args:    cobra.ExactArgs(1),
		}, verify),
		remote.Command(&cobra.Command{
			Use:     "remove HOST",
			Aliases: []string{"rm"},
			Short:   "Remove a domain; remove its CNAME record first",
			Args:    cobra.ExactArgs(1),
		}, remove),
	)
	return cmd
}

func add(ctx context.Context, s *remote.Session, args []string) error {
	m, err := s.Mock(ctx, args[1])
	if err != nil {
		return err
	}
	d, err := remote.Read((*client.CreateDomainResponse).GetJSON201)(s.CreateDomainWithResponse(ctx, m.ID, nil, client.NewDomain{Host: args[0]}))
	if err != nil {
		return err
	}
	return show(s, d)
}

func verify(ctx context.Context, s *remote.Session, args []string) error {
	d, err := find(ctx, s, args[0])
	if err != nil {
		return err
	}
	if d, err = remote.Read((*client.VerifyDomainResponse).GetJSON202)(s.VerifyDomainWithResponse(ctx, d.ID)); err != nil {
		return err
	}
	// The answer is the domain as it was before the check.
	return s.Show(d, func(out io.Writer) {
		_, _ = fmt.Fprintf(out, "The DNS records of %s are being looked at. What was found: mocloud domains show %s\n", d.Host, d.Host)
	})
}

func remove(ctx context.Context, s *remote.Session, args []string) error {
	d, err := find(ctx, s, args[0])
	if err != nil {
		return err
	}
	if err := remote.Done(s.DeleteDomainWithResponse(ctx, d.ID)); err != nil {
		return err
	}
	return s.Show(map[string]string{"removed": d.Host}, func(out io.Writer) {
		_, _ = fmt.Fprintf(out, "Removed %s.\n", d.Host)
	})
}

func list(ctx context.Context, s *remote.Session) ([]client.Domain, error) {
	return remote.All(func(limit *int, cursor *string) ([]client.Domain, *string, error) {
		page, err := remote.Read((*client.ListDomainsResponse).GetJSON200)(s.ListDomainsWithResponse(ctx, &client.ListDomainsParams{Limit: limit, Cursor: cursor}))
		if err != nil {
			return nil, nil, err
		}
		return page.Items, page.NextCursor, nil
	})
}

// find returns the domain with that host.
func find(ctx context.Context, s *remote.Session, host string) (*client.Domain, error) {
	all, err := list(ctx, s)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Host == host {
			return &all[i], nil
		}
	}
	return nil, fmt.Errorf("there is no domain %s; `mocloud domains` lists them", host)
}

func show(s *remote.Session, d *client.Domain) error {
	return s.Show(d, func(out io.Writer) {
		say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) } // Show tells whether it could be written
		say("%s  %s/%s  %s\n%s\n", d.Host, d.WorkspaceSlug, d.MockSlug, d.State, d.Reason)
		say("\nOwnership    %s\nRouting      %s\nCertificate  %s", d.Ownership, d.Routing, d.Certificate)
		if d.CertificateReason != nil {
			say(": %s", *d.CertificateReason)
		}
		say("\n\nDNS records:\n")
		for _, r := range d.Records {
			say("  %s\t%s\t%s\n", r.Type, r.Name, r.Value)
			switch {
			case r.State == nil || *r.State == client.RecordOK:
			case *r.State == client.RecordDifferent:
				say("  \tit holds\t%s\n", strings.Join(r.Seen, ", "))
			case *r.State == client.RecordMissing:
				say("  \tit is missing\t\n")
			default:
				say("  \tnobody could say what it holds\t\n")
			}
		}
		if d.NextCheckAt != nil {
			say("\nThey are looked at next at %s.\n", d.NextCheckAt.Local().Format(time.DateTime))
		}
	})
}
