package publication

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// magic begins every manifest; its last byte is the version of the format.
const magic = "FBPUB\x00\x00\x01"

const flagExecutable = 1

// AppendTo appends the manifest in the one form it has:
//
//	magic(8) name version publisher(32) group(32) time keep sha1(20) root(32) count
//	count × { path size time flags(1) hash(16) }
//
// Texts are a length and that many bytes. Lengths and numbers are uvarints, times
// varints: seconds since 1970 of the manifest, microseconds of the files.
func (m *Manifest) AppendTo(b []byte) []byte {
	b = append(b, magic...)
	b = appendText(b, m.Name)
	b = binary.AppendUvarint(b, m.Version)
	b = append(append(b, m.Publisher[:]...), m.Group[:]...)
	b = binary.AppendVarint(b, m.Time.Unix())
	b = binary.AppendUvarint(b, uint64(m.Keep))
	b = append(append(b, m.SHA1[:]...), m.Root[:]...)
	b = binary.AppendUvarint(b, uint64(len(m.Files)))
	for _, f := range m.Files {
		b = appendText(b, f.Path)
		b = binary.AppendUvarint(b, uint64(f.Size))
		b = binary.AppendVarint(b, f.ModTime.UnixMicro())
		flags := byte(0)
		if f.Executable {
			flags |= flagExecutable
		}
		b = append(b, flags)
		b = append(b, f.Hash[:]...)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// Parse reads a manifest. The error wraps ErrManifest.
func Parse(b []byte) (*Manifest, error) {
	m, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("publication: %w: %w", ErrManifest, err)
	}
	return m, m.Check()
}

// smallestFile is the bytes of a file with a path of one byte.
const smallestFile = 1 + 1 + 1 + 1 + 1 + len(Hash{})

func parse(b []byte) (*Manifest, error) {
	if len(b) > MaxManifest {
		return nil, fmt.Errorf("%d bytes are more than %d", len(b), MaxManifest)
	}
	c := cursor{rest: b}
	if string(c.take(len(magic))) != magic {
		return nil, errors.New("it is none, or of another version of the format")
	}
	m := &Manifest{Name: c.text(MaxName), Version: c.number(MaxVersion)}
	copy(m.Publisher[:], c.take(len(m.Publisher)))
	copy(m.Group[:], c.take(len(m.Group)))
	m.Time = time.Unix(c.signed(), 0)
	m.Keep = int(c.number(MaxKeep))
	copy(m.SHA1[:], c.take(len(m.SHA1)))
	copy(m.Root[:], c.take(len(m.Root)))
	count := int(c.number(MaxFiles))
	if c.bad || count > len(c.rest)/smallestFile {
		return nil, errors.New("it is cut off")
	}
	m.Files = make([]File, count)
	for i := range m.Files {
		f := &m.Files[i]
		f.Path, f.Size, f.ModTime = c.text(maxPath), int64(c.number(MaxBytes)), time.UnixMicro(c.signed())
		if flags := c.take(1); len(flags) == 1 {
			f.Executable = flags[0] == flagExecutable
		}
		copy(f.Hash[:], c.take(len(f.Hash)))
	}
	if c.bad || len(c.rest) > 0 {
		return nil, errors.New("it is cut off, or something follows")
	}
	if !bytes.Equal(m.AppendTo(make([]byte, 0, len(b))), b) {
		return nil, errors.New("a number or a flag is not in its one form")
	}
	return m, nil
}

// cursor reads what is left of a manifest; bad is set by what cannot be read.
type cursor struct {
	rest []byte
	bad  bool
}

func (c *cursor) take(n int) []byte {
	if c.bad = c.bad || n > len(c.rest); c.bad {
		return nil
	}
	var b []byte
	b, c.rest = c.rest[:n], c.rest[n:]
	return b
}

func (c *cursor) number(most uint64) uint64 {
	v, n := binary.Uvarint(c.rest)
	if c.bad = c.bad || n <= 0 || v > most; c.bad {
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

func (c *cursor) signed() int64 {
	v, n := binary.Varint(c.rest)
	if c.bad = c.bad || n <= 0; c.bad {
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

func (c *cursor) text(most uint64) string { return string(c.take(int(c.number(most)))) }
