// Package mesh is the download mesh: servents that exchange a file tell one
// another who else has it, in headers of the requests and answers they send
// anyway (transfer reference, section 3).
//
// It has two parts. The codecs read and write the values of the headers X-Alt,
// X-NAlt, X-Falt, X-NFalt and X-FW-Node-Info, and read the older
// X-Gnutella-Alternate-Location. A [Mesh] is the policy: what is believed of
// what others say, for how long, and what is passed on. A word of one peer is
// enough to try a source, but not to send others there: that takes that we
// fetched from it ourselves, that two networks named it, or that it named itself,
// over a connection from its own address. So nobody makes the mesh knock at a
// victim's door.
//
// It does no I/O, and has no goroutine, lock or clock.
package mesh
