// Package identity holds who a servent is: an Ed25519 key pair made at the first
// start, the peer ID by which people and programs name it, and the servent GUID
// derived from it. The key is kept as a PEM PKCS#8 file (RFC 7468, RFC 8410).
//
// A key that cannot be read, that others can read or that is damaged is an
// error which says what to do; it is never replaced silently, because whoever
// knew the old identity would not know the new one.
//
// The package opens no connection. The certificate for TLS is made of the key, too,
// and not kept.
package identity
