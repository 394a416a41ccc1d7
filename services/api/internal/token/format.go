package token

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"strings"

	"github.com/mocloud/mocloud/pkg/secret"
)

// A token is mocloud_ and 33 of A-Z and 2-7: 26 random ones (130 bits) and 7 of their CRC-32. The prefix lets secret
// scanners find tokens (the pattern is \bmocloud_[A-Z2-7]{33}\b), the checksum lets them, and us, tell one from what only
// looks like one without asking the database.
const (
	Prefix   = "mocloud_"
	randoms  = 26
	checks   = 7
	alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

// NewSecret makes a token.
func NewSecret() secret.String {
	body := rand.Text()[:randoms]
	return secret.New(Prefix + body + checksum(body))
}

// checksum is the CRC-32 (IEEE) of the random part, big-endian, in base 32 without padding.
func checksum(body string) string {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE([]byte(body)))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])
}

// Mistyped reports whether text begins like one of our tokens and is none: cut short, or with a wrong letter.
func Mistyped(text string) bool {
	body, ours := strings.CutPrefix(text, Prefix)
	if !ours {
		return false
	}
	if len(body) != randoms+checks || strings.Trim(body, alphabet) != "" {
		return true
	}
	return checksum(body[:randoms]) != body[randoms:]
}
