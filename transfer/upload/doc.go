// Package upload sends shared files to whoever asks: the HTTP/1.1 side of
// Gnutella that serves (RFC 9110 and 9112, names of HUGE 0.94).
//
//	GET or HEAD /uri-res/N2R?urn:sha1:…     a file by its hash, or by its bitprint
//	GET or HEAD /get/<index>/<name>         a file by its number in a query hit
//	GET or HEAD /                           a line about the servent, or what Config.Root says
//
// with Range, keep-alive and pipelining. Requests have no body here. What is
// sent comes from a file that is checked to still be the one that was hashed,
// before the first byte and all along, and leaves by sendfile where the
// connection can.
//
// Other sources of a file are heard and named in the headers of the download mesh
// (transfer/mesh), and what is sent is held to a rate (transfer/limit).
//
// Who finds no slot waits in a line (transfer/queue). Nothing is compressed.
// Accepting connections and telling HTTP from the rest is the node's.
package upload
