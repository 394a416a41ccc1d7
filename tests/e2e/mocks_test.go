package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/storeurl"
	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// objects are the keys of the mocks' files in the object store.
func objects(ctx context.Context, c *cloud.Cloud) ([]string, error) {
	url := c.ObjectStoreURL
	if url == "" {
		url = "file://" + c.Data() + "/objects"
	}
	store, err := storeurl.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	var keys []string
	err = store.List(ctx, "", func(info objstore.Info) error {
		if strings.HasSuffix(info.Key, "/mock.yml") {
			keys = append(keys, info.Key)
		}
		return nil
	})
	return keys, err
}

// holds waits until the files of a mock in the object store are in these workspaces, and nowhere else.
func holds(t *testing.T, c *cloud.Cloud, mockID string, workspaces ...string) {
	t.Helper()
	cloud.Eventually(t, "the object store has the mock's file where the mock is, and nothing else", func() error {
		keys, err := objects(t.Context(), c)
		if err != nil {
			return err
		}
		var want []string
		for _, w := range workspaces {
			want = append(want, w+"/"+mockID+"/mock.yml")
		}
		keys = slices.DeleteFunc(keys, func(key string) bool { return !strings.Contains(key, mockID) })
		if !slices.Equal(keys, want) {
			return fmt.Errorf("it has %v, want %v", keys, want)
		}
		return nil
	})
}

// changed reads the mock that an operation answered with.
func changed(t *testing.T, m *client.Mock, status string, body []byte) client.Mock {
	t.Helper()
	if m == nil {
		t.Fatalf("%s %s", status, body)
	}
	return *m
}

// TestRename: the old host answers nothing any more, the new one what the old one did; another mock can have the old slug.
func TestRename(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, ctx := c.API(t), t.Context()
		mock := published(t, c, "before", cloud.Answering("renamed"))
		slug := "after"
		r, err := api.UpdateMockWithResponse(ctx, mock.ID, nil, client.MockUpdate{Slug: &slug})
		check(t, err)
		renamed := changed(t, r.JSON200, r.Status(), r.Body)
		check(t, c.WaitFor(ctx, mock.ID, mock.Revision, cloud.Published))
		gone(t, c, mock, "/answer")
		answers(t, c, renamed.URL+"/answer", "renamed")
		reads := func(slug, id string) {
			t.Helper()
			if m := answer(api.GetMockBySlugWithResponse(ctx, mock.WorkspaceSlug, slug, nil)).is(t, http.StatusOK).JSON200; m.ID != id || m.Slug != slug {
				t.Errorf("%s is %s with the slug %s, want %s", slug, m.ID, m.Slug, id)
			}
		}
		reads("after", mock.ID)
		answer(api.GetMockBySlugWithResponse(ctx, mock.WorkspaceSlug, "before", nil)).is(t, http.StatusNotFound)

		again := published(t, c, "before", cloud.Answering("another"))
		reads("before", again.ID)
		reads("after", mock.ID)
		answers(t, c, again.URL+"/answer", "another")
		answers(t, c, renamed.URL+"/answer", "renamed")

		// An edit with errors is kept back; what is published moves to the new host all the same.
		slug = "last"
		_, err = c.Update(ctx, mock.ID, "- endpoint: [\n")
		check(t, err)
		r, err = api.UpdateMockWithResponse(ctx, mock.ID, nil, client.MockUpdate{Slug: &slug})
		check(t, err)
		last := changed(t, r.JSON200, r.Status(), r.Body)
		cloud.Eventually(t, "the published revision answers on the new host", func() error {
			answer, err := c.Call(ctx, last.URL+"/answer")
			if err == nil && answer.Body != "renamed" {
				err = fmt.Errorf("%d %q", answer.Status, answer.Body)
			}
			return err
		})
		answer, err := c.Call(ctx, renamed.URL+"/answer")
		check(t, err)
		if answer.Status != http.StatusNotFound {
			t.Errorf("the old host answers %d %q", answer.Status, answer.Body)
		}
		holds(t, c, mock.ID, mock.WorkspaceID)
	})
}

// TestMove: in another workspace a mock answers on another host, and leaves nothing behind.
func TestMove(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, ctx := c.API(t), t.Context()
		made, err := api.CreateWorkspaceWithResponse(ctx, nil, client.NewWorkspace{Slug: "acme"})
		check(t, err)
		if made.JSON201 == nil {
			t.Fatalf("%s %s", made.Status(), made.Body)
		}
		acme := made.JSON201.ID
		mock := published(t, c, "nomad", cloud.Answering("here"))
		move := func(into string) client.Mock {
			t.Helper()
			r, err := api.MoveMockWithResponse(ctx, mock.ID, nil, client.MockMove{WorkspaceSlug: into})
			check(t, err)
			moved := changed(t, r.JSON200, r.Status(), r.Body)
			check(t, c.WaitFor(ctx, mock.ID, mock.Revision, cloud.Published))
			return moved
		}
		moved := move("acme")
		if moved.WorkspaceID != acme || !strings.HasPrefix(moved.URL, "http://nomad-acme.localhost") {
			t.Fatalf("moved to %s at %s", moved.WorkspaceSlug, moved.URL)
		}
		gone(t, c, mock, "/answer")
		answers(t, c, moved.URL+"/answer", "here")
		holds(t, c, mock.ID, acme)
		back := move("dev")
		answers(t, c, back.URL+"/answer", "here")
		holds(t, c, mock.ID, mock.WorkspaceID)
	})
}

// TestDeleteAndRestore: a deleted mock answers nothing, its slug is free, and it comes back as it was.
func TestDeleteAndRestore(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, ctx := c.API(t), t.Context()
		mock := published(t, c, "undo", cloud.Answering("first"))
		mock = edited(t, c, mock, cloud.Answering("second"))
		answer(api.DeleteMockWithResponse(ctx, mock.ID, nil)).is(t, http.StatusNoContent)
		cloud.Eventually(t, "the deleted mock is gone", func() error {
			answer, err := c.Call(ctx, mock.URL+"/answer")
			if err == nil && answer.Status != http.StatusNotFound {
				err = fmt.Errorf("answers %d", answer.Status)
			}
			return err
		})
		holds(t, c, mock.ID)
		deleted := true
		list, err := api.ListMocksWithResponse(ctx, &client.ListMocksParams{Deleted: &deleted})
		check(t, err)
		if list.JSON200 == nil || len(list.JSON200.Items) != 1 || list.JSON200.Items[0].ID != mock.ID || list.JSON200.Items[0].RestorableUntil == nil {
			t.Fatalf("the deleted mocks: %s", list.Body)
		}

		published(t, c, "undo", cloud.Answering("usurper"))
		r, err := api.RestoreMockWithResponse(ctx, mock.ID, client.MockRestore{})
		check(t, err)
		if r.StatusCode() != http.StatusConflict {
			t.Fatalf("restored over another mock: %s %s", r.Status(), r.Body)
		}
		slug := "undone"
		r, err = api.RestoreMockWithResponse(ctx, mock.ID, client.MockRestore{Slug: &slug})
		check(t, err)
		back := changed(t, r.JSON200, r.Status(), r.Body)
		check(t, c.WaitFor(ctx, mock.ID, mock.Revision, cloud.Published))
		answers(t, c, back.URL+"/answer", "second")
		answers(t, c, mock.URL+"/answer", "usurper")
		holds(t, c, mock.ID, mock.WorkspaceID)

		// With its history.
		rolled, err := api.RollbackMockWithResponse(ctx, mock.ID, nil, client.Rollback{Revision: 1})
		check(t, err)
		if m := changed(t, rolled.JSON200, rolled.Status(), rolled.Body); m.Revision != 3 {
			t.Errorf("rolled back to revision %d", m.Revision)
		}
		check(t, c.WaitFor(ctx, mock.ID, 3, cloud.Published))
		answers(t, c, back.URL+"/answer", "first")
		revisions, err := api.ListRevisionsWithResponse(ctx, mock.ID, nil)
		check(t, err)
		if revisions.JSON200 == nil || len(revisions.JSON200.Items) != 3 || revisions.JSON200.Items[0].Message != "Roll back to revision 1" || revisions.JSON200.Items[0].Author != "dev" {
			t.Errorf("the history: %s", revisions.Body)
		}
		diff, err := api.DiffRevisionsWithResponse(ctx, mock.ID, 2, nil)
		check(t, err)
		if diff.JSON200 == nil || diff.JSON200.From != 1 || !strings.Contains(diff.JSON200.Text, "second") || len(diff.JSON200.Endpoints) != 1 {
			t.Errorf("the diff: %s", diff.Body)
		}
		label := "demo"
		seen := answer(api.GetRevisionWithResponse(ctx, mock.ID, 2, nil)).is(t, http.StatusOK).HTTPResponse.Header.Get("ETag")
		answer(api.UpdateRevisionWithResponse(ctx, mock.ID, 2, &client.UpdateRevisionParams{IfMatch: &seen}, client.RevisionUpdate{Pinned: true, Label: &label})).is(t, http.StatusOK)
		answer(api.UpdateRevisionWithResponse(ctx, mock.ID, 2, &client.UpdateRevisionParams{IfMatch: &seen}, client.RevisionUpdate{})).refused(t, http.StatusPreconditionFailed, "lost_update")
		second := answer(api.GetRevisionWithResponse(ctx, mock.ID, 2, nil)).is(t, http.StatusOK).JSON200
		if !second.Pinned || second.Label != label || second.Content == nil || *second.Content != cloud.Answering("second") {
			t.Errorf("the second revision: %+v", second)
		}

		offline := answer(api.UnpublishMockWithResponse(ctx, mock.ID)).is(t, http.StatusOK).JSON200
		check(t, c.WaitFor(ctx, mock.ID, offline.Revision, cloud.Offline))
		gone(t, c, cloud.Mock{URL: back.URL}, "/answer")
	})
}

// TestDuplicate: a copy lives on its own.
func TestDuplicate(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, ctx := c.API(t), t.Context()
		mock := published(t, c, "original", cloud.Answering("original"))
		key := "a-key-for-one-duplicate"
		params := client.DuplicateMockParams{IdempotencyKey: &key}
		var copied client.Mock
		for range 2 { // the second time it is the same one
			r, err := api.DuplicateMockWithResponse(ctx, mock.ID, &params, client.MockCopy{Slug: "copy"})
			check(t, err)
			copied = changed(t, r.JSON201, r.Status(), r.Body)
		}
		check(t, c.Publish(ctx, copied.ID))
		check(t, c.WaitFor(ctx, copied.ID, 1, cloud.Published))
		edited(t, c, mock, cloud.Answering("edited"))
		answers(t, c, copied.URL+"/answer", "original")
	})
}
