package publication

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"filbert/transfer"
	"filbert/transfer/urn"
)

// Errors of Check, CheckName, Parse and Build.
var (
	// ErrManifest: it is none, or one that nobody makes.
	ErrManifest = errors.New("malformed manifest")
	// ErrName: a publication cannot be called that.
	ErrName = errors.New("no name of a publication")
)

// Hash tells contents of files apart: the first half of their BLAKE3 hash.
type Hash [16]byte

// Manifest is what a version consists of.
type Manifest struct {
	Name      string
	Version   uint64   // from 1 on
	Publisher [32]byte // its peer ID
	Group     [32]byte // the ID of the group it is for
	Time      time.Time
	Keep      int        // how many versions are to be kept
	SHA1      urn.SHA1   // of the bundle
	Root      urn.Blake3 // of its tree
	Files     []File     // in the order of their paths
}

// File is a file of a version.
type File struct {
	Path       string // slash-separated, of parts that transfer.SafeName leaves as they are
	Size       int64
	ModTime    time.Time // in microseconds
	Executable bool
	Hash       Hash
}

// Size is the bytes of the bundle.
func (m *Manifest) Size() (size int64) {
	for i := range m.Files {
		size += m.Files[i].Size
	}
	return size
}

// is reports whether a file on disk looks like the one that was published.
func (f *File) is(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && info.Size() == f.Size && info.ModTime().Truncate(stampGrain).Equal(f.ModTime)
}

// CheckName says why a publication cannot have a name.
func CheckName(name string) error {
	if name == "" || len(name) > MaxName || transfer.SafeName(name) != name {
		return fmt.Errorf("publication: %.120q: %w: at most %d bytes, and what names a folder on any system", name, ErrName, MaxName)
	}
	return nil
}

// Check says why nobody makes such a manifest.
func (m *Manifest) Check() error {
	if err := m.check(); err != nil {
		return fmt.Errorf("publication: %w: %w", ErrManifest, err)
	}
	return nil
}

func (m *Manifest) check() error {
	if err := CheckName(m.Name); err != nil {
		return err
	}
	switch {
	case m.Version < 1 || m.Version > MaxVersion:
		return fmt.Errorf("version %d", m.Version)
	case m.Keep < 1 || m.Keep > MaxKeep:
		return fmt.Errorf("%d versions to keep", m.Keep)
	case len(m.Files) > MaxFiles:
		return fmt.Errorf("%d files are more than %d", len(m.Files), MaxFiles)
	}
	total := int64(0)
	paths := newPaths(len(m.Files))
	for i, f := range m.Files {
		if i > 0 && f.Path <= m.Files[i-1].Path {
			return fmt.Errorf("file %d is out of order", i)
		}
		if err := paths.add(f.Path); err != nil {
			return err
		}
		if f.Size < 0 || f.Size > MaxBytes-total {
			return fmt.Errorf("more than %v", transfer.ByteCount(MaxBytes))
		}
		total += f.Size
	}
	return nil
}

// paths is paths that can be in one folder on any system.
type paths struct {
	files   map[string]bool
	folders map[string]bool
}

func newPaths(n int) *paths {
	return &paths{files: make(map[string]bool, n), folders: map[string]bool{".": true}}
}

// add takes a path, or says why it cannot be there.
func (p *paths) add(name string) error {
	if len(name) > maxPath || strings.Count(name, "/") >= maxDepth {
		return fmt.Errorf("the path %.40q... is too long or too deep", name)
	}
	for part := range strings.SplitSeq(name, "/") {
		if transfer.SafeName(part) != part {
			return fmt.Errorf("the name %.80q is not one on every system", part)
		}
	}
	for at := path.Dir(fold(name)); !p.folders[at]; at = path.Dir(at) {
		if p.files[at] {
			return fmt.Errorf("%.80q is a folder and a file", at)
		}
		p.folders[at] = true
	}
	key := fold(name)
	if p.files[key] || p.folders[key] {
		return fmt.Errorf("%.80q is there twice where letter case does not count", name)
	}
	p.files[key] = true
	return nil
}

// fold makes paths equal that differ in letter case.
func fold(p string) string { return strings.ToLower(strings.ToUpper(p)) }
