package scope

import "github.com/mocloud/mocloud/pkg/selmer"

// Refusal is an error of the server, as the templates of the answer in its place see it.
type Refusal struct {
	Status        int
	Code, Message string
}

// Get implements selmer.Object.
func (r *Refusal) Get(key string) (selmer.Value, bool) {
	switch key {
	case "status":
		return selmer.Int(int64(r.Status)), true
	case "code":
		return selmer.String(r.Code), true
	case "message":
		return selmer.String(r.Message), true
	}
	return selmer.Nil(), false
}

// Entries implements selmer.Object.
func (r *Refusal) Entries() []selmer.Entry {
	return []selmer.Entry{
		{Key: "status", Value: selmer.Int(int64(r.Status))},
		{Key: "code", Value: selmer.String(r.Code)},
		{Key: "message", Value: selmer.String(r.Message)},
	}
}
