// Package publication is a folder as it is given to many, version by version.
//
// The files of a version, one after the other in the order of their paths, are its
// bundle: a single file with a SHA-1 and a BLAKE3 tree, which travels like any other.
// Its manifest names the files; where each lies in the bundle follows from that. The
// bundle is no file on disk once it has arrived: a Folder reads it out of the files
// themselves.
//
// A slice of a new version is at hand if all of its bytes are in files of versions that
// are here, at whatever place: a Reuse reads it from there, and the tree tells whether it
// is right. So nothing is aligned or padded: nodes of BLAKE3 depend on where a slice lies,
// and could not be compared between versions anyway.
//
// It reads and writes folders. It does not know who publishes, nor how bytes travel.
package publication
