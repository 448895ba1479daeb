package space

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"unicode/utf8"

	"filbert/transfer"
	"filbert/transfer/urn"
)

// Listed is a file that a member has.
type Listed struct {
	File   transfer.File
	Blake3 urn.Blake3 // root of its BLAKE3 tree, zero if the member did not say
}

// A page is the files of a member whose SHA-1 begins with one byte, integers of varying
// length as in encoding/binary:
//
//	0   version, 1
//	    for each file, in the order of hash and name, none twice:
//	0     SHA-1, 20 bytes
//	20    1 if the root of its BLAKE3 tree follows, else 0
//	      that root, 32 bytes
//	      size, an integer, at least 1
//	      length of the name, 1 byte, at least 1
//	      the name, UTF-8
const pageVersion = 1

// errPage: no page is like that.
var errPage = errors.New("malformed page of files")

// compareListed is the order in a page.
func compareListed(a, b Listed) int {
	return cmp.Or(bytes.Compare(a.File.SHA1[:], b.File.SHA1[:]), cmp.Compare(a.File.Name, b.File.Name))
}

// appendPage writes a page of files, of which only so many that it has most bytes at most. It
// sorts them, and says how many there was no room for.
func appendPage(b []byte, files []Listed, most int) (_ []byte, left int) {
	slices.SortFunc(files, compareListed)
	files = slices.CompactFunc(files, func(a, b Listed) bool { return compareListed(a, b) == 0 })
	b = append(b, pageVersion)
	for i, f := range files {
		if f.File.Size <= 0 || f.File.Name == "" || len(f.File.Name) > maxFileName {
			left++
			continue
		}
		before := len(b)
		b = append(b, f.File.SHA1[:]...)
		if f.Blake3.Known() {
			b = append(append(b, 1), f.Blake3[:]...)
		} else {
			b = append(b, 0)
		}
		b = binary.AppendUvarint(b, uint64(f.File.Size))
		b = append(append(b, byte(len(f.File.Name))), f.File.Name...)
		if len(b) > most {
			return b[:before], left + len(files) - i
		}
	}
	return b, left
}

// parsePage reads the page of files whose SHA-1 begins with first.
func parsePage(first byte, b []byte) (files []Listed, _ error) {
	if len(b) == 0 || b[0] != pageVersion {
		return nil, errPage
	}
	for b = b[1:]; len(b) > 0; {
		var f Listed
		n := copy(f.File.SHA1[:], b)
		if n < len(f.File.SHA1) || len(b) < n+1 || f.File.SHA1[0] != first || f.File.SHA1 == (urn.SHA1{}) || b[n] > 1 {
			return nil, errPage
		}
		rooted := b[n] == 1
		b = b[n+1:]
		if rooted {
			if n = copy(f.Blake3[:], b); n < len(f.Blake3) || !f.Blake3.Known() {
				return nil, errPage
			}
			b = b[n:]
		}
		size, n := binary.Uvarint(b)
		if n <= 0 || size == 0 || size > maxFileSize || n != len(binary.AppendUvarint(nil, size)) {
			return nil, errPage
		}
		f.File.Size, b = int64(size), b[n:]
		if len(b) == 0 || b[0] == 0 || len(b) < 1+int(b[0]) {
			return nil, errPage
		}
		f.File.Name, b = string(b[1:1+int(b[0])]), b[1+int(b[0]):]
		if !utf8.ValidString(f.File.Name) || len(files) > 0 && compareListed(files[len(files)-1], f) >= 0 {
			return nil, errPage
		}
		files = append(files, f)
	}
	return files, nil
}
