package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestFiles: a mock answers with a file of its workspace, and with the new content within seconds after it was replaced.
func TestFiles(t *testing.T) {
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, ctx := c.API(t), t.Context()
		put := func(name, kind, content string) client.File {
			t.Helper()
			r, err := api.PutFileWithBodyWithResponse(ctx, "dev", &client.PutFileParams{Name: name}, kind, strings.NewReader(content))
			check(t, err)
			switch {
			case r.JSON200 != nil:
				return *r.JSON200
			case r.JSON201 != nil:
				return *r.JSON201
			}
			t.Fatalf("put %s: %s %s", name, r.Status(), r.Body)
			return client.File{}
		}
		pets := put("data/pets.json", "application/json", `{"all": ["rex", "tom"]}`)
		pixel := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
		put("pixel.png", "application/octet-stream", pixel)
		mock := published(t, c, "with-files", `- endpoint:
    path: /pets
    response:
      external-body: {provider: json, path: data/pets.json}
- endpoint:
    path: /image/:name
    response:
      external-body: {provider: json, path: "{{path-params.name}}"}
`)
		if described := answer(api.GetFileWithResponse(ctx, "dev", pets.ID)).is(t, http.StatusOK).JSON200; described.Name != pets.Name || described.Size != pets.Size {
			t.Errorf("the file: %+v, put as %+v", described, pets)
		}
		answers(t, c, mock.URL+"/pets", `{"all":["rex","tom"]}`)
		image, err := c.Call(ctx, mock.URL+"/image/pixel.png")
		check(t, err)
		if image.Body != pixel || image.Header.Get("Content-Type") != "image/png" {
			t.Errorf("the image: %q %v", image.Body, image.Header)
		}

		// Replaced: served by every mock server within seconds, without a publication.
		put("data/pets.json", "application/json", `{"all": []}`)
		replaced := time.Now()
		cloud.Eventually(t, "the mock answers with the new content", func() error {
			answer, err := c.Call(ctx, mock.URL+"/pets")
			if err != nil || answer.Body != `{"all":[]}` {
				return fmt.Errorf("%q %w", answer.Body, err)
			}
			return nil
		})
		t.Logf("the new content is served after %s", time.Since(replaced))

		// In use: not deleted by accident; when forced, the mock says what is missing.
		used, err := api.ListFileMocksWithResponse(ctx, "dev", pets.ID, nil)
		check(t, err)
		if used.JSON200 == nil || len(used.JSON200.Items) != 1 || used.JSON200.Items[0].MockID != mock.ID || !used.JSON200.Items[0].Published {
			t.Errorf("used by: %s", used.Body)
		}
		refused, err := api.DeleteFileWithResponse(ctx, "dev", pets.ID, nil)
		check(t, err)
		force := true
		deleted, err := api.DeleteFileWithResponse(ctx, "dev", pets.ID, &client.DeleteFileParams{Force: &force})
		check(t, err)
		if refused.StatusCode() != http.StatusConflict || deleted.StatusCode() != http.StatusNoContent {
			t.Errorf("deleted: %s, then %s", refused.Status(), deleted.Status())
		}
		cloud.Eventually(t, "the mock misses the file", func() error {
			answer, err := c.Call(ctx, mock.URL+"/pets")
			if err != nil || answer.Status < 500 || !strings.Contains(answer.Body, "no such file") {
				return fmt.Errorf("%d %q %w", answer.Status, answer.Body, err)
			}
			return nil
		})
		content, err := api.GetFileContentWithResponse(ctx, "dev", pets.ID)
		check(t, err)
		if content.StatusCode() != http.StatusNotFound {
			t.Errorf("the content of a deleted file: %s", content.Status())
		}
	})
}
