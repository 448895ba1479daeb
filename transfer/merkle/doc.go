// Package merkle is hash trees over files: one shape, two hashes. A tree lets
// every slice of a file be checked as it arrives, whoever sent it.
//
// The shape is that of THEX and of BLAKE3: leaves of 1,024 bytes, joined in
// pairs level by level; a node without a partner goes up as it is. Of a tree
// only one level is kept, whose nodes each vouch for a slice of the file, and
// the root, which vouches for the nodes.
//
// Sources: THEX (open-content.net/specs/draft-jchapweske-thex-02), Tiger
// (Anderson, Biham 1996), BLAKE3 §2.1.
package merkle
