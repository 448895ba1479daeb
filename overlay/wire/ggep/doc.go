// Package ggep reads and writes blocks of the Gnutella Generic Extension
// Protocol (GGEP): named, optionally COBS encoded and deflated fields behind
// the magic byte C3.
//
// A block as it stands in a message:
//
//	C3 | extension | extension | … | last extension
//
// and one extension:
//
//	+-------+-----------+---------------+-------------+
//	| flags | id        | length        | data        |
//	| 1     | 1–15      | 1–3           | 0–262143    |
//	+-------+-----------+---------------+-------------+
//	flags   80 last of the block, 40 COBS, 20 deflate, 10 must be 0,
//	        low nibble: length of the id
//	id      ASCII, no NUL
//	length  6 bits a byte, most significant first; in each byte exactly one of
//	        80 (another byte follows) and 40 (this is the last) is set
//	data    payload, then zlib (RFC 1950) if deflated, then COBS if set
//
// The package knows blocks and encodings, not what a field means; where a
// block begins inside a message is package wire's business. Any fault in a
// block discards the whole block, never the message around it.
package ggep
