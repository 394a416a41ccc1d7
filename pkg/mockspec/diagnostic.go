package mockspec

import "fmt"

// Severity reports whether a diagnostic stops publication.
type Severity string

// Errors stop publication, warnings do not.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic is one complaint about a document: where, what, and what to write instead. Columns count Unicode code points.
type Diagnostic struct {
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line"`
	Column   int      `json:"column"`
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`    // stable, upper case with underscores: UNKNOWN_KEY
	Message  string   `json:"message"` // one sentence for the user
	Fix      string   `json:"fix,omitempty"`

	EndLine   int   `json:"end_line,omitzero"`   // where it ends; 0: not known
	EndColumn int   `json:"end_column,omitzero"` // of the first character behind it
	Edit      *Edit `json:"edit,omitempty"`      // where it is certain what to write
	Item      int   `json:"item,omitzero"`       // of the document, from 1; 0: none
}

// String is the form that `mocloud validate` prints: file:line:col: severity CODE: sentence.
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s:%d:%d: %s %s: %s", d.File, d.Line, d.Column, d.Severity, d.Code, d.Message)
}

// HasErrors reports whether any diagnostic is an error.
func HasErrors(ds []Diagnostic) bool {
	for _, d := range ds {
		if d.Severity == Error {
			return true
		}
	}
	return false
}
