// Package collection is a list of files that belong together, with their hashes,
// as a text that people pass on: a folder that is fetched as one. It reads,
// writes and lays out; it touches no disk.
//
// The text is UTF-8, a line for each file, which is a magnet link with a SHA-1
// (xt), a length (xl), the file's path in the folder (dn), with "/" between its
// parts, and perhaps sources (xs):
//
//	#filbert-collection 1
//	#name Blue Album
//	magnet:?xt=urn:bitprint:…&xl=4194304&dn=disc%201%2F01%20Sky.ogg
//	magnet:?xt=urn:sha1:…&xl=812&dn=cover.txt
//
// Empty lines and other lines that begin with "#" mean nothing, the first two may
// be missing, and a reader of another version is told by the number. Whoever
// reads magnet links can fetch each file by itself. The last line may say who made
// the text, and sign all that is before it:
//
//	#signed <peer ID> <base64 of 64 bytes>
package collection
