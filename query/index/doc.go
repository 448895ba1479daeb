// Package index finds shared files by the words of their names and by SHA-1.
//
// It answers the queries of a Gnutella servent: a file matches if every word of
// the query begins a word of its normalised name, or if its SHA-1 is asked for.
// It stores no content, reads no disk and knows no messages; what a library
// shares comes in through Apply, and queries come from whoever parsed them.
//
// An Index is a few immutable segments behind one atomic pointer. A segment
// keeps its distinct words sorted in one text, so that a word of a query, being
// the beginning of a word, is a range of terms and its candidates are one
// contiguous range of postings, whose length is known before any is read.
// Matching walks the rarest word's candidates and checks the others in the list
// of terms of each file. Removed files are marked in a bitmap beside the segment
// until the next merge. A file of six words costs about 130 bytes beside the
// string of its name.
//
// One goroutine writes; any number read, without locks, each from the state
// that was current when its call began.
package index
