package body

import (
	"math/bits"
	"slices"
	"unicode/utf16"
)

// arrayMapSize is how many members Clojure keeps in the order of insertion before it goes over to a hash map.
const arrayMapSize = 8

// inMapOrder puts the members of an object into the order in which a Clojure map with these string keys is walked: a
// hash trie of five bits a level, so by the hash read from its low end; keys of the same hash stay as they are.
func (v *value) inMapOrder() {
	if len(v.keys) <= arrayMapSize {
		return
	}
	type member struct {
		order uint64
		at    int
	}
	members := make([]member, len(v.keys))
	for i, key := range v.keys {
		members[i] = member{trieOrder(clojureHash(key)), i}
	}
	slices.SortStableFunc(members, func(a, b member) int {
		switch {
		case a.order < b.order:
			return -1
		case a.order > b.order:
			return 1
		}
		return 0
	})
	keys, values := make([]string, len(members)), make([]value, len(members))
	for i, m := range members {
		keys[i], values[i] = v.keys[m.at], v.members[m.at]
	}
	v.keys, v.members = keys, values
}

// trieOrder turns a hash round in groups of five bits, so that comparing numbers compares level by level.
func trieOrder(hash uint32) uint64 {
	var order uint64
	for shift := 0; shift < 35; shift += 5 {
		order = order<<5 | uint64(hash>>shift&31)
	}
	return order
}

// clojureHash is Clojure's hash of a string: Murmur3 of Java's hashCode.
func clojureHash(s string) uint32 {
	var java uint32
	for _, unit := range utf16.Encode([]rune(s)) {
		java = 31*java + uint32(unit)
	}
	if java == 0 {
		return 0
	}
	k := java * 0xcc9e2d51
	k = bits.RotateLeft32(k, 15) * 0x1b873593
	h := bits.RotateLeft32(k, 13)*5 + 0xe6546b64
	h ^= 4
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}
