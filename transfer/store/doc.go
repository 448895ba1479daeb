// Package store keeps files that are still arriving on disk so that neither a
// kill nor a power cut costs more than a few seconds of bytes, and never makes
// a file look complete that is not.
//
// In the download folder a file with SHA-1 X is, until it is complete,
//
//	.filbert/X.partial   its bytes, preallocated to the full length
//	.filbert/X.journal   what it is, and which of the bytes are there
//
// A byte counts as there only after it was synced, and only then is the record
// that claims it written and synced too (journal.go draws the records). When
// all bytes are there the whole file is read back and its SHA-1 compared; only
// then does it get its name in the download folder, one that nothing had.
//
// The package does not know where bytes come from or which are wanted next;
// that two processes do not use one folder is for the caller to see to.
package store
