// Package tlslink makes a TLS connection of one that is open: by the Upgrade of
// the Gnutella handshake (gtk-gnutella, "gnet-TLS-upgrade") or from its first
// byte on. The side that opened the connection is the TLS client.
//
// TLS hides what is said from those who only listen. It authenticates nobody:
// both sides show certificates they made themselves, if any, and verify nothing. Between
// filberts the configuration of Between does.
//
// A handshake is bounded in time by its context and in memory by maxHandshake. All
// that others begin, of a Layer or by a Turn of it, compute on half a processor together, those that we begin on half
// of all; they hold none while they wait for the network. An end keeps some 9 KiB afterwards,
// 16 KiB more for one that gets large records.
package tlslink
