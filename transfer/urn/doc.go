// Package urn names content: the SHA-1 and bitprint URNs and the Tiger tree
// root names that Gnutella servents exchange (HUGE 0.94, RFC 4648 base32), and
// magnet links made of them.
//
// It parses and prints. It hashes nothing, and a tree root is carried as text:
// what it proves is not known here.
package urn
