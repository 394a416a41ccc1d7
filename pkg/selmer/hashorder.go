package selmer

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf16"
)

// Clojure keeps a map of up to eight entries in the order in which they were added. A larger one is a hash map, whose
// order follows from the hashes of its keys (keywords): the five lowest bits first, then the next five, and so on.

const smallMap = 8

// sortAsHashMap puts the entries of a map in the order in which Clojure would go through them.
func sortAsHashMap(entries []Entry) {
	if len(entries) <= smallMap {
		return
	}
	slices.SortStableFunc(entries, func(a, b Entry) int {
		return cmp.Compare(trieOrder(keywordHash(a.Key)), trieOrder(keywordHash(b.Key)))
	})
}

// trieOrder turns a hash around in steps of five bits, so that a comparison of the results is one of the paths.
func trieOrder(hash uint32) uint64 {
	var out uint64
	for shift := range 7 {
		out = out<<5 | uint64(hash>>(5*shift)&31)
	}
	return out
}

const golden = 0x9e3779b9

// keywordHash is Clojure's hash of the keyword of that name.
func keywordHash(key string) uint32 {
	namespace, name := splitKeyword(key)
	hash := murmurChars(name)
	var ns uint32
	if namespace != "" {
		ns = javaHash(namespace)
	}
	hash ^= ns + golden + hash<<6 + uint32(int32(hash)>>2)
	return hash + golden
}

// splitKeyword splits a/b; a name without a slash, or only a slash, has no namespace.
func splitKeyword(key string) (namespace, name string) {
	if i := strings.IndexByte(key, '/'); i >= 0 && key != "/" {
		return key[:i], key[i+1:]
	}
	return "", key
}

func javaHash(s string) uint32 {
	var h uint32
	for _, u := range utf16.Encode([]rune(s)) {
		h = 31*h + uint32(u)
	}
	return h
}

// murmurChars is Murmur3 over UTF-16 code units, as Clojure hashes names.
func murmurChars(s string) uint32 {
	units := utf16.Encode([]rune(s))
	var h uint32
	i := 1
	for ; i < len(units); i += 2 {
		h = murmurMix(h, uint32(units[i-1])|uint32(units[i])<<16)
	}
	if len(units)&1 == 1 {
		h ^= murmurK(uint32(units[len(units)-1]))
	}
	h ^= uint32(2 * len(units))
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

func murmurK(k uint32) uint32 { return bits.RotateLeft32(k*0xcc9e2d51, 15) * 0x1b873593 }

func murmurMix(h, k uint32) uint32 { return bits.RotateLeft32(h^murmurK(k), 13)*5 + 0xe6546b64 }
