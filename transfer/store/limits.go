package store

import (
	"time"

	"filbert/transfer/ranges"
)

const (
	// DefaultFlushAfter is the longest a written byte waits for its sync to
	// begin (time). The promise is that a kill loses at most 5 s of bytes; one
	// of them is left for the sync itself.
	DefaultFlushAfter = 4 * time.Second

	// DefaultFlushBytes is how many written bytes start a sync before its time
	// (bytes): under a tenth of a second of work for a disk of 100 MB/s.
	DefaultFlushBytes = 8 << 20

	// writeBehind is how many times Config.FlushBytes may be written and not
	// synced before WriteAt waits for the disk (count): 32 MiB by default, so a
	// slow disk holds up its own download and not the memory of the machine.
	writeBehind = 4

	// hashBytes is how much of the front of a file is hashed at a time while it
	// arrives (bytes).
	hashBytes = 256 << 10

	// maxLoans is how many pieces of memory wait to be hashed, beside the one that
	// is being hashed (count): a download that is faster than that is held up by
	// the processor anyway.
	maxLoans = 2

	// minFree is what a new partial file leaves free on the disk (bytes), for
	// the journals of the files that are there already.
	minFree = 1 << 20

	// journalReserve is the space set aside for a journal when it is written
	// anew (bytes), so that a disk that has filled up can still note what
	// arrived: at one record of 25 bytes every 4 s, some 3 h worth.
	journalReserve = 64 << 10

	// rewriteFactor is how many times its compact length a journal grows before
	// it is written anew (count), once it has left journalReserve behind.
	rewriteFactor = 2

	// maxRecordRanges is the most ranges one record claims (count), so that a
	// torn record is short.
	maxRecordRanges = 256

	// maxNameBytes bounds the name of a file as a peer gave it and the path a
	// user asked for (bytes): PATH_MAX of Linux.
	maxNameBytes = 4096

	// maxNoteBytes is the longest note (bytes): no longer than the two paths of
	// the header.
	maxNoteBytes = 2 * maxNameBytes

	// maxRecordBytes is the length of the longest record (bytes), the header.
	maxRecordBytes = headerFixedBytes + 2*maxNameBytes

	// maxJournalBytes is the longest journal that is read (bytes): the ranges of
	// the most scattered file, grown to where it would have been written anew.
	maxJournalBytes = rewriteFactor*ranges.MaxIntervals*rangeBytes*5/4 + journalReserve

	// maxTargetTries is how many names, "a", "a (2)", "a (3)", a complete file
	// tries in the folder it belongs to (count).
	maxTargetTries = 1000

	// maxFileNameBytes is the longest name of a file in one folder (bytes), as
	// in all of ext4, XFS, APFS and NTFS.
	maxFileNameBytes = 255

	// copyBytes is the length of one read when a file is verified or copied
	// (bytes): long enough that the calls do not show.
	copyBytes = 1 << 20
)
