package cloudprovider

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// hostPattern is a name in the form that records have: lower case, at least two labels.
var hostPattern = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// IsHost reports whether name is a host name in the form that records have: lower case, Punycode, no wildcard, no trailing dot,
// at least two labels.
func IsHost(name string) bool { return len(name) <= 253 && hostPattern.MatchString(name) }

// Zone is what may be written in a zone: names under Domain, but for the Reserved labels right under it, and the
// one wildcard record that covers all of them.
type Zone struct {
	Domain   string
	Reserved []string
}

// CheckName refuses names that are not to be written.
func (z Zone) CheckName(name string) error {
	if name == "*."+z.Domain {
		return nil
	}
	prefix, under := strings.CutSuffix(name, "."+z.Domain)
	if !under || !IsHost(name) {
		return Refuse("%q is not a host name under %s", Clip(name), z.Domain)
	}
	label := prefix[strings.LastIndexByte(prefix, '.')+1:]
	if slices.Contains(z.Reserved, label) {
		return Refuse("%q is reserved", Clip(name))
	}
	return nil
}

// ProofLabel is the first label of the record by which a certificate authority recognises whose a domain is (DNS-01 of RFC 8555).
const ProofLabel = "_acme-challenge"

// proofPattern is a SHA-256 in base64url, which is all that such a record can hold.
var proofPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// IsProof reports whether value can be the value of such a record.
func IsProof(value string) bool { return proofPattern.MatchString(value) }

// CheckRecord refuses records that are not to be written. Beside those of hosts there is one: the proof of the domain for a certificate
// authority.
func (z Zone) CheckRecord(kind, name, content string) error {
	if kind == "TXT" && name == ProofLabel+"."+z.Domain {
		if !IsProof(strings.Trim(content, `"`)) {
			return Refuse("%q is not the proof of a domain", Clip(content))
		}
		return nil
	}
	if err := CheckContent(kind, content); err != nil {
		return err
	}
	return z.CheckName(name)
}

// CheckContent refuses contents that a record of that type cannot have.
func CheckContent(kind, content string) error {
	switch kind {
	case "CNAME":
		if !IsHost(content) {
			return Refuse("%q is not a host name", Clip(content))
		}
	case "A", "AAAA":
		if addr, err := netip.ParseAddr(content); err != nil || addr.Is4() != (kind == "A") || addr.Zone() != "" {
			return Refuse("%q is not an address for a record of type %s", Clip(content), kind)
		}
	case "TXT":
		if content == "" || len(content) > 2048 {
			return Refuse("the text is empty or longer than 2048 characters")
		}
	default:
		return Refuse("a record of type %q is not allowed", Clip(kind))
	}
	return nil
}
