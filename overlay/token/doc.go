// Package token makes short proofs that whoever shows one receives what is sent
// to an address: a keyed hash of the address, the purpose and a message GUID.
// Nothing is kept for a token that was given out; it is computed again when it
// comes back. The key changes with time, the present and the one before count.
//
// Out-of-band hits v3 carry one in GGEP "SO", GUESS queries one in "QK".
//
// The package is pure: the time and the secret come in.
package token
