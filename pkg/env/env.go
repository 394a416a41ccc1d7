// Package env is about the variables of a workspace, which its mocks read as env.NAME: how they are named, how secret ones are sealed,
// and how their values are masked. The api seals secrets and never opens one; mock servers open them.
package env

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/secret"
)

// Limits of the variables of a workspace.
const (
	MaxVariables = 100
	MaxValue     = 4 << 10 // bytes of a value
	// MinSecret is the least length of a secret in bytes: wherever its value stands it is masked, and a shorter one would mask a lot.
	MinSecret = 8
	// MinKey is the least length of the key that secrets are sealed with.
	MinKey = 32
)

var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// ValidName reports whether a variable can have that name.
func ValidName(s string) bool { return name.MatchString(s) }

// Check says what is wrong with the value of a variable; "" if nothing is.
func Check(value string, isSecret bool) string {
	switch {
	case len(value) > MaxValue:
		return fmt.Sprintf("has %d bytes; the limit is %d", len(value), MaxValue)
	case !utf8.ValidString(value) || strings.Contains(value, "\x00"):
		return "is not text in UTF-8"
	case isSecret && len(value) < MinSecret:
		return fmt.Sprintf("is too short for a secret: use %d characters or more, because it is masked wherever it stands", MinSecret)
	}
	return ""
}

// Variable is a variable as it is stored and as mock servers get it: with its value, or with the sealed value of a secret.
type Variable struct {
	Value  string `json:"value,omitempty"`
	Sealed string `json:"sealed,omitempty"`
}

// Seal seals secrets. Each service of an installation makes it from the same key.
type Seal struct{ aead cipher.AEAD }

// ErrNoKey says that a secret cannot be sealed or opened here.
var ErrNoKey = errors.New("SEAL_KEY is not set")

// NewSeal makes a Seal; without a key it refuses.
func NewSeal(key secret.String) (*Seal, error) {
	if key.Empty() {
		return &Seal{}, nil
	}
	if len(key.Reveal()) < MinKey {
		return nil, fmt.Errorf("SEAL_KEY must be at least %d characters long", MinKey)
	}
	derived, err := hkdf.Key(sha256.New, []byte(key.Reveal()), nil, "mocloud variables", 32) //nolint:mnd // AES-256
	if err != nil {
		return nil, fmt.Errorf("derive the key of variables: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("make a cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("make a cipher: %w", err)
	}
	return &Seal{aead}, nil
}

// about binds a sealed value to its workspace and name, so that it means nothing elsewhere.
func about(workspaceID, name string) []byte { return []byte(workspaceID + "\x00" + name) }

// Close seals the value of a secret.
func (s *Seal) Close(workspaceID, name, value string) (string, error) {
	if s.aead == nil {
		return "", ErrNoKey
	}
	return base64.StdEncoding.EncodeToString(s.aead.Seal(nil, nil, []byte(value), about(workspaceID, name))), nil //nolint:gosec // it makes a random nonce, and must get none
}

// Open returns the value of a secret.
func (s *Seal) Open(workspaceID, name, sealed string) (string, error) {
	if s.aead == nil {
		return "", ErrNoKey
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", fmt.Errorf("decode the secret %s: %w", name, err)
	}
	value, err := s.aead.Open(nil, nil, raw, about(workspaceID, name))
	if err != nil {
		return "", fmt.Errorf("the secret %s was sealed with another SEAL_KEY; set it again: %w", name, err)
	}
	return string(value), nil
}
