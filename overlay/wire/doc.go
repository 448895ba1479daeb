// Package wire turns Gnutella 0.6 messages into bytes and back, and cuts a byte
// stream into messages.
//
// Every message is one frame: a header of 23 bytes and a payload.
//
//	+------+------+-----+------+--------+---------+
//	| GUID | type | TTL | hops | length | payload |
//	| 16   | 1    | 1   | 1    | 4 LE   | length  |
//	+------+------+-----+------+--------+---------+
//
// A [Frame] is such a message as it stands on the wire; a relay reads its
// header, patches TTL and hops in place and sends it on, payload unread. A
// [Message] is a parsed payload. What [Parse] returns aliases the payload
// wherever a field is a byte slice; strings are copies. Unknown types,
// extensions and trailing bytes are kept, so that re-encoding loses nothing.
//
// A fault in the bytes is a [*FormatError], which tells what the fault merits;
// every other error comes from the source read.
//
// The package is pure: no goroutine, socket, clock or logger. It judges bytes,
// not conduct: TTL rules, duplicate suppression and spam belong to its callers.
// It neither deflates nor inflates links.
//
// Specifications: Gnutella 0.6 (RFC draft of Klingberg and Manfredi), GGEP 0.51,
// HUGE 0.94, Query Routing 0.1; where implementations differ from them, as
// gtk-gnutella and LimeWire do it.
package wire
