package unified_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/unified"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// model is the naive unified mock: everything in memory.
type model map[string]unified.Change

func (m model) header(change uint64) unified.Header {
	h := unified.Header{Epoch: "e-1", Change: change, Forgotten: change / 2}
	for _, c := range m {
		if n := bytes.Count(c.Items, []byte("\n")); n > 0 {
			h.Mocks++
			h.Endpoints += n
		}
	}
	return h
}

func (m model) sorted() []unified.Change {
	return slices.SortedFunc(maps.Values(m), func(a, b unified.Change) int { return strings.Compare(a.Mock.ID, b.Mock.ID) })
}

// write builds the file from nothing.
func (m model) write(t interface{ Fatal(...any) }, change uint64) []byte {
	var out bytes.Buffer
	digest, size, err := unified.Merge(&out, nil, m.header(change), m.sorted())
	if err != nil {
		t.Fatal(err)
	}
	if digest != unified.Digest(out.Bytes()) || size != int64(out.Len()) {
		t.Fatal("digest or size of the written file is wrong")
	}
	return out.Bytes()
}

func drawChange(t *rapid.T, number uint64) unified.Change {
	id := fmt.Sprintf("m%d", rapid.IntRange(0, 30).Draw(t, "id"))
	c := unified.Change{Mock: unified.Mock{ID: id, WorkspaceID: "w1", Change: number}}
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		c.Mock.Removed = &unified.Removal{Deleted: rapid.Bool().Draw(t, "deleted")}
	case 1:
		c.Drop = true
	case 2:
		c.Mock.Rejected = &unified.Rejection{
			Change: number, Revision: 2,
			Diagnostics: []event.Diagnostic{{Line: 1, Message: rapid.String().Draw(t, "message")}},
		}
	default:
		c.Mock.Revision, c.Mock.Digest, c.Mock.Size, c.Mock.Hosts = 1, unified.Digest([]byte(id)), 12, []string{id + ".example.dev"}
		c.Mock.SetSettings(mockspec.Settings{Compat: mockspec.CompatMoclojer04, CORS: &mockspec.CORS{Off: true}})
		for range rapid.IntRange(1, 4).Draw(t, "items") {
			body, err := json.Marshal(rapid.StringMatching("[ -~]*").Draw(t, "body"))
			if err != nil {
				t.Fatal(err)
			}
			c.Items = fmt.Appendf(c.Items, `- {"endpoint":{"path":"/%d","response":{"body":%s}}}`+"\n", number, body)
		}
	}
	return c
}

// TestMerge: however a file came about by merging changes into it, it is the file that is written from nothing, and both
// readers find in it what was put there.
func TestMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := model{}
		var file []byte
		number := uint64(0)
		for range rapid.IntRange(1, 6).Draw(t, "merges") {
			changes := model{}
			for range rapid.IntRange(0, 12).Draw(t, "changes") {
				number++
				c := drawChange(t, number)
				changes[c.Mock.ID], m[c.Mock.ID] = c, c
				if c.Drop {
					delete(m, c.Mock.ID)
				}
			}
			var old *unified.Scanner
			if file != nil {
				var err error
				if old, err = unified.NewScanner(bytes.NewReader(file)); err != nil {
					t.Fatal(err)
				}
			}
			var out bytes.Buffer
			if _, _, err := unified.Merge(&out, old, m.header(number), changes.sorted()); err != nil {
				t.Fatal(err)
			}
			file = out.Bytes()
		}
		if want := m.write(t, number); !bytes.Equal(file, want) {
			t.Fatalf("merged:\n%s\nfrom nothing:\n%s", file, want)
		}
		f, err := unified.Index(file)
		if err != nil {
			t.Fatal(err)
		}
		if f.Header != m.header(number) || len(f.Blocks) != len(m) {
			t.Fatalf("Index found %+v with %d blocks, want %+v with %d", f.Header, len(f.Blocks), m.header(number), len(m))
		}
		for _, b := range f.Blocks {
			if !bytes.Equal(b.Items, m[b.ID].Items) {
				t.Fatalf("items of %s are %q", b.ID, b.Items)
			}
			want := m[b.ID].Mock
			if want.Rejected == nil { // messages with invalid UTF-8 are mended
				if diff := cmp.Diff(want, b.Mock); diff != "" {
					t.Fatal(diff)
				}
			}
		}
		if scanned := scan(t, file); !cmp.Equal(scanned, blocksOf(f)) {
			t.Fatal(cmp.Diff(scanned, blocksOf(f)))
		}
		var list []map[string]any
		if err := yaml.Unmarshal(file, &list); err != nil || len(list) != f.Header.Endpoints {
			t.Fatalf("as YAML it has %d items, %v", len(list), err)
		}
	})
}

type block struct {
	Mock  unified.Mock
	Items string
	Lines int
}

func blocksOf(f *unified.File) []block {
	var bs []block
	for _, b := range f.Blocks {
		bs = append(bs, block{b.Mock, string(b.Items), b.Endpoints})
	}
	return bs
}

func scan(t interface{ Fatal(...any) }, file []byte) []block {
	bs, err := tryScan(file)
	if err != nil {
		t.Fatal(err)
	}
	return bs
}

func tryScan(file []byte) ([]block, error) {
	s, err := unified.NewScanner(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	var bs []block
	for {
		if err := s.Next(); errors.Is(err, io.EOF) {
			return bs, nil
		} else if err != nil {
			return nil, err
		}
		m, err := s.Mock()
		if err != nil {
			return nil, err
		}
		var items bytes.Buffer
		_, n, err := s.CopyItems(&items)
		if err != nil {
			return nil, err
		}
		bs = append(bs, block{m, items.String(), n})
	}
}

func sample(t testing.TB) []byte {
	t.Helper()
	m := model{}
	for i := range 20 {
		id := fmt.Sprintf("m%02d", i)
		m[id] = unified.Change{
			Mock:  unified.Mock{ID: id, WorkspaceID: "w", Change: uint64(i + 1), Digest: "d"},
			Items: bytes.Repeat([]byte(`- {"endpoint":{"path":"/"}}`+"\n"), 1+i%3),
		}
	}
	return m.write(t, 20)
}

// TestDamageIsNoticed: a file that lost, gained or changed a byte anywhere is refused by both readers.
func TestDamageIsNoticed(t *testing.T) {
	file := sample(t)
	for at := range file {
		changed := bytes.Clone(file)
		changed[at] ^= 1
		for name, broken := range map[string][]byte{
			"cut": file[:at], "changed": changed, "lacking": slices.Delete(bytes.Clone(file), at, at+1),
		} {
			if _, err := unified.Index(broken); !errors.Is(err, unified.ErrCorrupt) {
				t.Fatalf("Index of a file %s at %d: %v", name, at, err)
			}
			if _, err := tryScan(broken); !errors.Is(err, unified.ErrCorrupt) {
				t.Fatalf("Scanner over a file %s at %d: %v", name, at, err)
			}
		}
	}
	longer := append(bytes.Clone(file), "- {}\n"...)
	if _, err := unified.Index(longer); !errors.Is(err, unified.ErrCorrupt) {
		t.Errorf("Index of a file that goes on: %v", err)
	}
	if _, err := tryScan(longer); !errors.Is(err, unified.ErrCorrupt) {
		t.Errorf("Scanner over a file that goes on: %v", err)
	}
}

// TestBrokenReaderIsNoDamage: a file that cannot be read to its end, wherever that is, is not taken for a damaged one, which would be
// rebuilt.
func TestBrokenReaderIsNoDamage(t *testing.T) {
	var file bytes.Buffer
	h := unified.Header{Epoch: "e", Change: 2, Mocks: 1, Endpoints: 2}
	changes := []unified.Change{
		{Mock: unified.Mock{ID: "a", WorkspaceID: "w", Change: 1, Digest: "d"}, Items: []byte("- {}\n- {}\n")},
		{Mock: unified.Mock{ID: "b", WorkspaceID: "w", Change: 2, Removed: &unified.Removal{}}},
	}
	if _, _, err := unified.Merge(&file, nil, h, changes); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the connection broke")
	for length := range file.Len() + 1 {
		s, err := unified.NewScanner(io.MultiReader(bytes.NewReader(file.Bytes()[:length]), iotest.ErrReader(broken)))
		for err == nil {
			err = s.Next()
		}
		if !errors.Is(err, broken) || errors.Is(err, unified.ErrCorrupt) {
			t.Errorf("after %d of %d bytes: %v", length, file.Len(), err)
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	good := unified.Mock{ID: "m", WorkspaceID: "w"}
	for name, c := range map[string]struct {
		header  unified.Header
		changes []unified.Change
	}{
		"an epoch with a line feed":   {unified.Header{Epoch: "a\nb"}, nil},
		"an id that leads elsewhere":  {unified.Header{Epoch: "e"}, []unified.Change{{Mock: unified.Mock{ID: "../x", WorkspaceID: "w"}}}},
		"items that are not lines":    {unified.Header{Epoch: "e", Mocks: 1}, []unified.Change{{Mock: good, Items: []byte("- {}")}}},
		"the same mock twice":         {unified.Header{Epoch: "e"}, []unified.Change{{Mock: good}, {Mock: good}}},
		"counts that are not correct": {unified.Header{Epoch: "e", Mocks: 2}, []unified.Change{{Mock: good}}},
	} {
		if _, _, err := unified.Merge(io.Discard, nil, c.header, c.changes); err == nil {
			t.Errorf("Merge took %s", name)
		}
	}
}

func TestEmptyFileIsAList(t *testing.T) {
	file := model{}.write(t, 0)
	var list []any
	if err := yaml.Unmarshal(file, &list); err != nil || list == nil || len(list) != 0 {
		t.Errorf("%q is %v, %v", file, list, err)
	}
	if f, err := unified.Index(file); err != nil || len(f.Blocks) != 0 || f.Header.Epoch != "e-1" {
		t.Errorf("Index = %+v, %v", f, err)
	}
}

// FuzzReaders: both readers agree on every file, whatever is between its header and its (correct) end.
func FuzzReaders(f *testing.F) {
	file := sample(f)
	f.Add(file[:bytes.LastIndex(file, []byte("# end"))])
	f.Add([]byte("# mocloud unified mock · epoch 1 · change 2 · 0 mocks · 0 endpoints · tombstones after 1\n[]\n# mock {\"mock_id\":\"a\",\"workspace_id\":\"w\"}\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		whole := fmt.Appendf(bytes.Clone(body), "# end · sha256 %s\n", unified.Digest(body))
		bs, err := tryScan(whole)
		indexed, indexErr := unified.Index(whole)
		if indexErr != nil {
			if !errors.Is(indexErr, unified.ErrCorrupt) {
				t.Fatal(indexErr)
			}
			return
		}
		if err != nil {
			t.Fatalf("Index takes what Scanner refuses: %v", err)
		}
		if !cmp.Equal(bs, blocksOf(indexed)) {
			t.Fatal(cmp.Diff(bs, blocksOf(indexed)))
		}
	})
}

func BenchmarkIndex(b *testing.B) {
	m := model{}
	for i := range 1000 {
		id := fmt.Sprintf("%036d", i)
		m[id] = unified.Change{
			Mock: unified.Mock{ID: id, WorkspaceID: id, Change: uint64(i + 1), Digest: unified.Digest(nil), Hosts: []string{id}},
			Items: bytes.Repeat([]byte(`- {"endpoint":{"host":"pets-ann.example.dev","method":"GET","path":"/pets/:id|int","response":`+
				`{"status":200,"headers":{"Content-Type":"application/json"},"body":{"id":"{{path-params.id}}","name":"Rex"}}}}`+"\n"), 100),
		}
	}
	file := m.write(b, 1000)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := unified.Index(file); err != nil {
			b.Fatal(err)
		}
	}
}
