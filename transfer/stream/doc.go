// Package stream gives out a file that is still arriving, as if it were here: a
// [Reader] waits where the bytes are missing and has them fetched first, and a
// [Server] puts such files at loopback URLs for players, with ranges by
// http.ServeContent.
//
// Only verified bytes are given out. It fetches and verifies nothing itself:
// that is what [Files] is for.
package stream
