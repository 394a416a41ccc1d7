package scope

import (
	"time"

	"github.com/brianvoe/gofakeit/v7"

	"github.com/mocloud/mocloud/pkg/budget"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// Fake is the object fake: made-up data by name, such as fake.first-name, new with each use. Hyphens, underscores and
// letter case in names do not matter. It is safe for concurrent use.
type Fake struct{ faker *gofakeit.Faker }

// NewFake makes a Fake whose values follow from the seed; with 0 nobody can foretell them.
func NewFake(seed uint64) *Fake { return &Fake{gofakeit.New(seed)} }

// withDefaults tells generators with parameters whose defaults make sense by themselves.
func withDefaults(name string) bool {
	switch name {
	case "number", "price", "password", "sentence", "paragraph", "question", "quote", "float64", "digitn", "lettern",
		"loremipsumsentence", "date", "latitudeinrange", "longitudeinrange":
		return true
	}
	return false
}

// Cost implements selmer.Costly: what is made up takes a few steps.
func (f *Fake) Cost(string) int { return 4 * budget.PerStep }

// Get implements selmer.Object.
func (f *Fake) Get(key string) (selmer.Value, bool) {
	name := mockspec.PlainFake(key)
	info := gofakeit.GetFuncLookup(name)
	if info == nil || len(info.Params) > 0 && !withDefaults(name) {
		return selmer.Nil(), false
	}
	made, err := info.Generate(f.faker, gofakeit.NewMapParams(), info)
	if err != nil {
		return selmer.Nil(), false
	}
	switch v := made.(type) {
	case string:
		return selmer.String(v), true
	case bool:
		return selmer.Bool(v), true
	case int:
		return selmer.Int(int64(v)), true
	case int8:
		return selmer.Int(int64(v)), true
	case int16:
		return selmer.Int(int64(v)), true
	case int32:
		return selmer.Int(int64(v)), true
	case int64:
		return selmer.Int(v), true
	case uint8:
		return selmer.Int(int64(v)), true
	case uint16:
		return selmer.Int(int64(v)), true
	case uint32:
		return selmer.Int(int64(v)), true
	case float32:
		return selmer.Float(float64(v)), true
	case float64:
		return selmer.Float(v), true
	case time.Time:
		return selmer.Time(v.UTC().Truncate(time.Second)), true
	case []string:
		items := make([]selmer.Value, len(v))
		for i := range v {
			items[i] = selmer.String(v[i])
		}
		return selmer.List(items), true
	}
	return selmer.Nil(), false
}

// Entries implements selmer.Object: there is nothing to list, everything is made when it is asked for.
func (f *Fake) Entries() []selmer.Entry { return nil }
