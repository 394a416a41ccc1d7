package verify

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/api/client"
)

// A report has a test for each expectation, and says of each that failed why; what came over the wire cannot break the XML.
func TestReport(t *testing.T) {
	t.Parallel()
	expect := []client.Expectation{{If: json.RawMessage(`{"request.path":"/a"}`)}, {If: json.RawMessage(`{"request.path":"/<b>"}`)}}
	v := &client.Verification{}
	if err := json.Unmarshal([]byte(`{"ok":false,"expect":[{"ok":true,"count":1},{"ok":false,"count":2,"reason":"2 came, \"1\" expected",
		"nearest":[{"request":"GET /]]>\u0007","why":"<no>"}]}]}`), v); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report.xml")
	if err := report("dev/shop", expect, v).write(file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got suite
	if err := xml.Unmarshal(text, &got); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	if got.Name != "dev/shop" || got.Tests != 2 || got.Failures != 1 || len(got.Cases) != 2 || got.Cases[0].Failure != nil {
		t.Errorf("the report is:\n%s", text)
	}
	failed := got.Cases[1]
	if failed.Name != `{"request.path":"/<b>"}` || failed.Failure == nil || failed.Failure.Message != `2 came, "1" expected` ||
		!strings.Contains(failed.Failure.Text, "<no>") {
		t.Errorf("of the one that failed:\n%s", text)
	}
}
