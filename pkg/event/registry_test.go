package event_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mocloud/mocloud/pkg/event"
)

// decodeKind decodes an envelope's payload as event.Decode does for a type that is only known at run time.
func decodeKind(kind event.Kind, e event.Envelope) (event.Payload, error) {
	if e.Version > kind.Payload.EventVersion() {
		return nil, fmt.Errorf("version %d", e.Version)
	}
	p := reflect.New(reflect.TypeOf(kind.Payload))
	if err := json.Unmarshal(e.Payload, p.Interface()); err != nil {
		return nil, err
	}
	return p.Elem().Interface().(event.Payload), nil
}

func readSample(t *testing.T, path string) (event.Envelope, []byte) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var e event.Envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return e, raw
}

// The samples are frozen: a release that cannot read one of them cannot read what an older release wrote. Whatever a
// sample says must still be said after it went through today's structs.
func TestSamplesDecodeForEver(t *testing.T) {
	kinds := map[event.Type]event.Kind{}
	for _, k := range event.Kinds() {
		kinds[k.Payload.EventType()] = k
	}
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			e, raw := readSample(t, path)
			kind, ok := kinds[e.Type]
			if !ok {
				t.Fatalf("type %q is in no registry", e.Type)
			}
			if want := fmt.Sprintf("%s.v%d.json", e.Type, e.Version); filepath.Base(path) != want {
				t.Errorf("the file should be called %s", want)
			}
			if e.Stream != kind.Payload.EventStream() || (e.Number > 0) != kind.Numbered {
				t.Errorf("stream %q number %d do not fit the registry", e.Stream, e.Number)
			}
			payload, err := decodeKind(kind, e)
			if err != nil {
				t.Fatal(err)
			}
			e.Payload, err = json.Marshal(payload)
			if err != nil {
				t.Fatal(err)
			}
			again, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			var was, is map[string]any
			if err := json.Unmarshal(raw, &was); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(again, &is); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(was, is); diff != "" {
				t.Errorf("the sample changed on its way (-was +is):\n%s", diff)
			}
		})
	}
}

// Every field must be in the sample of its version, so that the sample can show a change of it.
func TestEveryKindHasAFullSample(t *testing.T) {
	seen := map[event.Type]bool{}
	for _, kind := range event.Kinds() {
		typ := kind.Payload.EventType()
		if seen[typ] {
			t.Errorf("%s is registered twice", typ)
		}
		seen[typ] = true
		e, _ := readSample(t, fmt.Sprintf("testdata/%s.v%d.json", typ, kind.Payload.EventVersion()))
		payload, err := decodeKind(kind, e)
		if err != nil {
			t.Fatalf("%s: %v", typ, err)
		}
		for _, missing := range zeroFields(reflect.ValueOf(payload), string(typ)) {
			t.Errorf("the sample lacks %s", missing)
		}
	}
}

// zeroFields names the fields of a struct, and of the structs in its slices, that are zero.
func zeroFields(v reflect.Value, at string) []string {
	var zero []string
	for i := range v.NumField() {
		field, name := v.Field(i), at+"."+v.Type().Field(i).Name
		switch {
		case field.IsZero():
			zero = append(zero, name)
		case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct:
			zero = append(zero, zeroFields(field.Index(0), name)...)
		}
	}
	return zero
}

func TestDecodeRefusesWhatItDoesNotKnow(t *testing.T) {
	e, err := event.New(event.MockDeleted{WorkspaceID: "w", MockID: "m"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := event.Decode[event.MockDeleted](e)
	if err != nil || got != (event.MockDeleted{WorkspaceID: "w", MockID: "m"}) {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := event.Decode[event.DomainDeleted](e); err == nil {
		t.Error("another type: no error")
	}
	newer := e
	newer.Version = 2
	if _, err := event.Decode[event.MockDeleted](newer); err == nil {
		t.Error("a newer version: no error")
	}
	broken := e
	broken.Payload = json.RawMessage(`{"mock_id":1}`)
	if _, err := event.Decode[event.MockDeleted](broken); err == nil || !strings.Contains(err.Error(), "mock.deleted") {
		t.Errorf("a broken payload: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	kinds := event.Kinds()
	f.Fuzz(func(t *testing.T, raw []byte) {
		var e event.Envelope
		if json.Unmarshal(raw, &e) != nil {
			return
		}
		for _, kind := range kinds {
			if e.Type != kind.Payload.EventType() {
				continue
			}
			p, err := decodeKind(kind, e)
			if err != nil {
				continue
			}
			again, err := event.New(p)
			if err != nil {
				t.Fatalf("what was decoded cannot be encoded: %v", err)
			}
			back, err := decodeKind(kind, again)
			if err != nil {
				t.Fatalf("what was encoded cannot be decoded: %v", err)
			}
			if diff := cmp.Diff(p, back); diff != "" {
				t.Errorf("round trip:\n%s", diff)
			}
		}
	})
}

// encoding/json/v2 leaves out with omitempty what is "", [] or {} in JSON; numbers, booleans and pointers need omitzero.
func TestZerosAreLeftOut(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var check func(typ reflect.Type)
	check = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || seen[typ] {
			return
		}
		seen[typ] = true
		for f := range typ.Fields() {
			kind := f.Type.Kind()
			if strings.HasSuffix(f.Tag.Get("json"), ",omitempty") && kind != reflect.String && kind != reflect.Slice {
				t.Errorf("%s.%s: omitzero, not omitempty", typ, f.Name)
			}
			check(f.Type)
		}
	}
	check(reflect.TypeFor[event.Envelope]())
	for _, k := range event.Kinds() {
		check(reflect.TypeOf(k.Payload))
	}
}
