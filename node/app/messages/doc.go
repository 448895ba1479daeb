// Package messages is an application of a node: texts between peers that know each other,
// signed by their author, once and in the author's order, kept until the other is there.
//
// A message is pure bytes (message.go) and so is their order (order.go). The History keeps
// all of them in SQLite: what was acknowledged is on disk. App sends and takes them over
// lines of the service "messages", on which both sides are proven and all is encrypted.
//
// Against replay (THREATS.md, T26) no window of the line is needed, as the history knows
// every message by its conversation, author and sequence; below what it forgot, nothing of
// that author is taken.
//
// Messages in groups are on the boards of these (group.go), and judged and kept as the others.
// So are messages to a peer that is away, sealed to it, if a group has both (letter.go).
package messages
