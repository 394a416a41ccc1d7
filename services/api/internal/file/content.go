package file

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"
	"strings"
	"unicode"

	"github.com/gabriel-vasile/mimetype"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/files"
	"github.com/mocloud/mocloud/pkg/mockspec"
)

// maxName bounds the name of an uploaded file, in bytes: an index holds all of them.
const maxName = 255

// checkName returns an error that a user may see, unless name can be a file's.
func checkName(name string) error {
	clean, wrong := files.Clean(name)
	switch {
	case wrong != "":
	case len(name) > maxName:
		wrong = fmt.Sprintf("has %d bytes; the limit is %d", len(name), maxName)
	case clean != name:
		wrong = fmt.Sprintf("is not in its plain form: write %q", clean)
	case strings.Contains(name, "{{") || strings.Contains(name, "{%"):
		wrong = "looks like a template"
	case strings.TrimSpace(name) != name || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsGraphic(r) }):
		wrong = "begins or ends with a space, or has an invisible character"
	default:
		return nil
	}
	return apperr.New(apperr.Invalid, "The name %q of the file %s.", name, wrong).WithField("name")
}

// sniffed is how many bytes tell what a content is.
const sniffed = 3072

// content is an uploaded content as it is read: bounded, counted and hashed.
type content struct {
	from  io.Reader
	limit int64
	size  int64
	hash  hash.Hash
	over  bool
	err   error // what the uploader's side failed with
}

// sniff looks at the beginning and returns the media type of the content. An error says that it is not what it is
// declared to be.
func (c *content) sniff(name, declared string) (string, error) {
	head := make([]byte, sniffed)
	n, err := io.ReadFull(c.from, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", c.cut(err)
	}
	head = head[:n]
	c.from, c.hash = io.MultiReader(bytes.NewReader(head), c.from), sha256.New()
	return mediaType(name, declared, head)
}

// Read implements io.Reader.
func (c *content) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.size += int64(n)
	_, _ = c.hash.Write(p[:n]) // never fails
	if c.size > c.limit {
		c.over = true
		return n, errTooLarge
	}
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

var errTooLarge = errors.New("the content is too large")

func (c *content) sum() string { return hex.EncodeToString(c.hash.Sum(nil)) }

// explain says what an upload failed with.
func (c *content) explain(err error) error {
	switch {
	case c.over:
		return apperr.New(apperr.TooLarge, "The file is larger than %s.", mockspec.Size(int(c.limit)))
	case c.err != nil:
		return c.cut(c.err)
	}
	return apperr.New(apperr.Unavailable, "The file cannot be stored right now; try again in a moment.").WithCause(fmt.Errorf("store an upload: %w", err))
}

func (c *content) cut(err error) error {
	return apperr.New(apperr.Invalid, "The upload ended early.").WithCause(err)
}

// generic are the types that say nothing: what clients send when they do not know.
func generic(media string) bool {
	switch media {
	case "", "application/octet-stream", "binary/octet-stream", "application/x-www-form-urlencoded", "*/*":
		return true
	}
	return false
}

// mediaType returns what a content is: what its uploader declares, else what its name says, else what its first bytes say. The first
// bytes must not contradict either.
func mediaType(name, declared string, head []byte) (string, error) {
	found := mimetype.Detect(head)
	agree := func(media string) bool { return len(head) == 0 || agree(media, found) }
	if declared != "" {
		media, params, err := mime.ParseMediaType(declared)
		if err != nil || !strings.Contains(media, "/") {
			return "", apperr.New(apperr.Invalid, "The Content-Type %q is not a media type.", declared).WithField("Content-Type")
		}
		if !generic(media) {
			if !agree(media) {
				return "", apperr.New(apperr.Invalid, "The file is declared as %s, but its content is %s. Correct the Content-Type or the file.", media, found).WithField("Content-Type")
			}
			return mime.FormatMediaType(media, params), nil
		}
	}
	if media := files.MediaType(name); media != "" {
		base, _, _ := strings.Cut(media, ";")
		if !agree(base) {
			return "", apperr.New(apperr.Invalid, "The file's name %q says %s, but its content is %s. Correct the name or the file, or declare a Content-Type.", name, base, found).WithField("name")
		}
		return media, nil
	}
	return found.String(), nil
}

// agree reports whether a content that looks like found can be of the type media.
func agree(media string, found *mimetype.MIME) bool {
	if within(found, media) {
		return true
	}
	declared := mimetype.Lookup(media)
	switch {
	case found.Parent() == nil: // bytes without a known form
		return !text(media, declared)
	case within(found, plain):
		// Which kind of text it is cannot be told for sure, but a page of HTML instead of JSON is a common accident.
		markup := within(found, "text/html") || within(found, "text/xml")
		return (declared == nil || text(media, declared)) && (!markup || !files.IsJSON(media))
	case declared == nil:
		return strings.HasSuffix(media, "+zip") && within(found, "application/zip")
	}
	return within(declared, found.String()) // an .xlsx of which only the ZIP is seen
}

const plain = "text/plain"

// within reports whether m is a kind of media. Everything is a kind of bytes, which says nothing.
func within(m *mimetype.MIME, media string) bool {
	for ; m != nil && m.Parent() != nil; m = m.Parent() {
		if m.Is(media) {
			return true
		}
	}
	return false
}

// text reports whether contents of the type media are texts; known is what is known of it.
func text(media string, known *mimetype.MIME) bool {
	return within(known, plain) || strings.HasPrefix(media, "text/") || files.IsJSON(media) || strings.HasSuffix(media, "+xml") ||
		strings.HasSuffix(media, "yaml")
}
