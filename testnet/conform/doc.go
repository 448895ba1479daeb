// Package conform tries any live servent against Gnutella 0.6 as it is spoken:
// it connects to one address, plays the other side of many short conversations
// and judges the answers.
//
// A Case is one such conversation, in an area of the protocol. Its outcome is a
// pass, a failure with what was expected and what came, or "not offered": the
// servent did not say that it speaks that, so that nothing is wrong. Run runs
// the cases one after the other and reports each as it ends.
//
// The package reads and writes messages by overlay/wire, but shakes hands,
// inflates, speaks TLS, HTTP and UDP by itself, so that what is wrong in this
// program's own handshake cannot hide behind the same fault here. It sends
// nothing that would harm a servent which keeps its limits, and waits between
// connections where a servent bans those who call too often (Config.Pace). It
// does not measure speed and does not try what needs more than one servent.
package conform
