package mockspec_test

import (
	"bytes"
	"fmt"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// typical returns a mock of about size bytes as people write them: comments, folded JSON bodies, templates.
func typical(size int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `# Endpoint %[1]d of the shop
- endpoint:
    method: GET
    path: /api/v1/things%[1]d/:id|int/parts/:slug
    query:
      page: int
    response:
      status: 200
      headers:
        Content-Type: application/json
        Location: /api/v1/things%[1]d/{{path-params.id}}
      body: >
        {
          "id": {{path-params.id}},
          "slug": "{{path-params.slug}}",
          "page": {{query-params.page}},
          "description": "A long text that describes thing number %[1]d in the words of a shop that sells many of them",
          "tags": ["alpha", "beta", "gamma"],
          "stock": [{"size": "S", "count": 30}, {"size": "M", "count": 35}, {"size": "L", "count": 25}]
        }

`, i)
	}
	return b.Bytes()
}

// BenchmarkParse reads and checks 1 MiB, more endpoints than one mock may have by default.
func BenchmarkParse(b *testing.B) {
	src := typical(1 << 20)[:1<<20]
	src = src[:bytes.LastIndex(src, []byte("# Endpoint"))]
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		m, ds := mockspec.Parse(src, mockspec.Options{Limits: mockspec.Limits{Endpoints: 10_000}})
		if len(ds) > 0 || len(m.Endpoints) == 0 {
			b.Fatal(ds[0])
		}
	}
}

func BenchmarkDecodeLines(b *testing.B) {
	m, _ := mockspec.Parse(typical(1<<18), mockspec.Options{})
	lines := mockspec.EncodeLines(m)
	b.SetBytes(int64(len(lines)))
	b.ReportAllocs()
	for b.Loop() {
		got, err := mockspec.DecodeLines(lines)
		if err != nil || len(got.Endpoints) != len(m.Endpoints) {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(m.Endpoints)), "ns/endpoint")
}

func BenchmarkEncodeLines(b *testing.B) {
	m, _ := mockspec.Parse(typical(1<<18), mockspec.Options{})
	b.ReportAllocs()
	for b.Loop() {
		mockspec.EncodeLines(m)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(m.Endpoints)), "ns/endpoint")
}

func BenchmarkFits(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if !mockspec.TypeUUID.Fits("0b0e7c5a-93c4-4b62-9f4c-0d5f0cf1b2aa") || !mockspec.TypeDate.Fits("2024-02-29") || !mockspec.TypeInt.Fits("12345") {
			b.Fatal("does not fit")
		}
	}
}

// BenchmarkYAML is the yardstick of BenchmarkParse: what the YAML library alone takes to make nodes of the same text.
func BenchmarkYAML(b *testing.B) {
	src := typical(1 << 20)[:1<<20]
	src = src[:bytes.LastIndex(src, []byte("# Endpoint"))]
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		var n yaml.Node
		if err := yaml.Unmarshal(src, &n); err != nil {
			b.Fatal(err)
		}
	}
}
