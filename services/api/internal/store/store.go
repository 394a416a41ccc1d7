// Package store keeps what the api owns in Postgres or SQLite: one implementation over bun, one set of migrations, one
// conformance suite.
package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/availability"
	"github.com/mocloud/mocloud/services/api/internal/domain"
	"github.com/mocloud/mocloud/services/api/internal/file"
	"github.com/mocloud/mocloud/services/api/internal/idempotency"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/publication"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/record"
	"github.com/mocloud/mocloud/services/api/internal/search"
	"github.com/mocloud/mocloud/services/api/internal/signin"
	"github.com/mocloud/mocloud/services/api/internal/token"
	"github.com/mocloud/mocloud/services/api/internal/variable"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Store is an open database: a repository for each business package. It is safe for concurrent use.
type Store struct {
	*core

	Accounts     accountStore
	SignIns      signInRepository
	Tokens       tokenStore
	Workspaces   workspaceRepository
	Mocks        mockRepository
	Publications publicationRepository
	Files        fileStore
	Variables    variableStore
	Domains      domainStore
	Records      recordStore
	Reports      reportStore
	Audit        auditStore
	Quotas       quotaStore
	Slugs        slugStore
	Keys         keyStore
	Search       searchStore
}

// The aggregates: each has its own tables, and the queries about them.
type (
	accountStore    struct{ *core } // accounts and what people do with their own
	sessionStore    struct{ *core } // sessions and sign-in codes
	failureStore    struct{ *core } // failed attempts to sign in
	tokenStore      struct{ *core }
	membershipStore struct{ *core } // of callers in workspaces
	workspaceStore  struct{ membershipStore }
	memberStore     struct{ *core }
	invitationStore struct{ *core }
	mockStore       struct{ *core }
	revisionStore   struct{ *core }
	fileStore       struct{ *core }
	variableStore   struct{ *core }
	domainStore     struct{ *core }
	recordStore     struct{ *core } // of requests, as people read them
	reportStore     struct{ *core } // of requests, as mock servers send them
	outcomeStore    struct{ *core } // of generating mocks
	auditStore      struct{ membershipStore }
	quotaStore      struct{ membershipStore }
	slugStore       struct{ membershipStore }
	keyStore        struct{ *core } // of idempotent requests
	searchStore     struct{ *core }
)

// The repositories of packages whose aggregates are several.
type (
	signInRepository struct {
		accountStore
		sessionStore
		failureStore
	}
	workspaceRepository struct {
		workspaceStore
		memberStore
		invitationStore
	}
	mockRepository struct {
		mockStore
		revisionStore
	}
	publicationRepository struct {
		mockStore
		outcomeStore
	}
)

var (
	_ account.Repository        = accountStore{}
	_ account.ProfileRepository = accountStore{}
	_ signin.Repository         = signInRepository{}
	_ token.Repository          = tokenStore{}
	_ workspace.Repository      = workspaceRepository{}
	_ mock.Repository           = mockRepository{}
	_ publication.Repository    = publicationRepository{}
	_ file.Repository           = fileStore{}
	_ variable.Repository       = variableStore{}
	_ domain.Repository         = domainStore{}
	_ record.Repository         = recordStore{}
	_ record.Storage            = reportStore{}
	_ audit.Repository          = auditStore{}
	_ quota.Repository          = quotaStore{}
	_ availability.Repository   = slugStore{}
	_ idempotency.Repository    = keyStore{}
	_ search.Repository         = searchStore{}
)

// newStore makes the repositories over a database.
func newStore(read, write *bun.DB) *Store {
	c := &core{read: read, write: write}
	accounts, memberships, mocks := accountStore{c}, membershipStore{c}, mockStore{c}
	return &Store{
		core:         c,
		Accounts:     accounts,
		SignIns:      signInRepository{accounts, sessionStore{c}, failureStore{c}},
		Tokens:       tokenStore{c},
		Workspaces:   workspaceRepository{workspaceStore{memberships}, memberStore{c}, invitationStore{c}},
		Mocks:        mockRepository{mocks, revisionStore{c}},
		Publications: publicationRepository{mocks, outcomeStore{c}},
		Files:        fileStore{c},
		Variables:    variableStore{c},
		Domains:      domainStore{c},
		Records:      recordStore{c},
		Reports:      reportStore{c},
		Audit:        auditStore{memberships},
		Quotas:       quotaStore{memberships},
		Slugs:        slugStore{memberships},
		Keys:         keyStore{c},
		Search:       searchStore{c},
	}
}

// Open connects to "postgres://…" or "sqlite:///absolute/path" and prepares the schema: with migrate it applies missing
// migrations, without it refuses a schema that is not current. Its errors are sentences for the person who starts the
// service. The caller closes the store.
func Open(ctx context.Context, databaseURL secret.String, migrate bool) (*Store, error) {
	var s *Store
	var name string // for errors, without a password
	var err error
	if path, ok := strings.CutPrefix(databaseURL.Reveal(), "sqlite://"); ok { // all the rest is the path, whatever is in it
		name = "file " + path
		s, err = openSQLite(ctx, path)
	} else {
		s, name, err = openPostgres(ctx, databaseURL)
	}
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, migrate); err != nil {
		return nil, errors.Join(explain(name, err), s.Close())
	}
	return s, nil
}

// prepare brings the schema and the streams into being, and prepares statements.
func (s *Store) prepare(ctx context.Context, migrate bool) error {
	if err := s.migrate(ctx, migrate); err != nil {
		return err
	}
	for _, name := range []event.Stream{event.Mocks, event.Domains} {
		_, err := s.write.NewRaw("INSERT INTO streams (name, epoch) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, stream.NewEpoch("")).Exec(ctx)
		if err != nil {
			return fmt.Errorf("create the stream %s: %w", name, err)
		}
	}
	var err error
	s.edits, err = prepareEdits(ctx, s.write, s.postgres())
	return err
}

// Close gives the connections back.
func (s *Store) Close() error {
	if s.read == s.write {
		return s.read.Close()
	}
	return errors.Join(s.read.Close(), s.write.Close())
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return failed("reach the database", s.read.PingContext(ctx))
}
