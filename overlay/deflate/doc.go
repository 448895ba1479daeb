// Package deflate compresses and decompresses for the whole servent: the two
// streams of a link, and whole blocks in GGEP, hits and datagrams. The format is
// zlib (RFC 1950) everywhere.
//
// A stream of a link begins after the handshake, is flushed after every batch of
// messages (an empty stored block, 00 00 FF FF) and never finished: no Adler-32
// follows. Messages do not end where flushes do.
//
// Whatever is decompressed is bounded: a block by the size its reader names, a
// stream by what its bytes may become (MaxRatio), so that a bomb costs its sender
// more than us. The package knows no messages and closes nothing.
package deflate
