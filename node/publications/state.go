package publications

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filbert/node/state"
	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/publication"
	"filbert/transfer/urn"
)

// stateBucket has the publications that are published or followed here, by group and key.
const stateBucket = "publications"

// privateFolder is that of manifests and bundles, in that of the space.
const privateFolder = ".filbert-publications"

// Keeps reports whether a file is a manifest or a bundle, by its path.
func Keeps(path string) bool { return filepath.Base(filepath.Dir(filepath.Dir(path))) == privateFolder }

// Names of files in it end with these.
const (
	suffixManifest = ".manifest"
	suffixBundle   = ".bundle"
	suffixTree     = ".tree"
	suffixTemp     = ".new"
)

// kept is a unit as it is kept.
type kept struct {
	Own  bool          `json:"own,omitempty"`
	Base string        `json:"base"`
	Held []keptVersion `json:"held,omitempty"`
}

type keptVersion struct {
	Number   uint64 `json:"version"`
	Manifest string `json:"manifest"` // its SHA-1
	Name     string `json:"name,omitempty"`
}

// stored is a file that is given to members: a manifest.
type stored struct {
	sum  urn.SHA1
	size int64
	root urn.Blake3
	tree *merkle.Tree
}

// folderOf is the name of the folder of a publication.
func folderOf(id ID) string {
	sum := sha256.Sum256([]byte(id.key()))
	return hex.EncodeToString(sum[:10])
}

func (d *Desk) stateKey(id ID) string { return d.cfg.Group.ID().String() + "/" + id.key() }

// keep writes what is known of a unit.
func (d *Desk) keep(u *unit, held []*version) error {
	k := kept{Own: u.own, Base: u.base}
	for _, v := range held {
		k.Held = append(k.Held, keptVersion{v.number, v.manifest.sum.String(), v.name})
	}
	b, err := json.Marshal(k)
	if err != nil {
		return err
	}
	if err := d.cfg.State.Bucket(stateBucket).Put(d.stateKey(u.ID), b); err != nil {
		return fmt.Errorf("publications: %w", err)
	}
	d.mu.Lock()
	u.held = held
	d.tellLocked()
	d.mu.Unlock()
	return nil
}

// load takes up what is kept. What cannot be read is told and left out.
func (d *Desk) load() {
	prefix := d.cfg.Group.ID().String() + "/"
	err := d.cfg.State.Bucket(stateBucket).ForEach(func(key string, value []byte) error {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok || len(d.units) >= maxUnits {
			return nil
		}
		id, ok := parseID(rest)
		var k kept
		if !ok || json.Unmarshal(value, &k) != nil {
			d.log.Warn().Str("publication", transfer.Display(rest)).Msg("a publication that is kept cannot be read")
			return nil
		}
		u := &unit{ID: id, own: k.Own, base: k.Base}
		for _, kv := range k.Held {
			v, err := d.loadVersion(u, kv)
			if err != nil {
				d.log.Warn().Err(err).Str("publication", transfer.Display(id.Name)).Uint64("version", kv.Number).Msg("a version that is kept cannot be read")
				continue
			}
			u.held = append(u.held, v)
		}
		d.units[id] = u
		if u.own { // nothing is being published yet
			d.sweep(u)
		}
		return nil
	})
	if err != nil {
		d.log.Warn().Err(err).Msg("publications cannot be read")
	}
}

// loadVersion takes up a version that is laid out.
func (d *Desk) loadVersion(u *unit, kv keptVersion) (*version, error) {
	sum, err := urn.ParseSHA1(kv.Manifest)
	if err != nil {
		return nil, err
	}
	m, file, err := readManifest(d.file(u.ID, sum, suffixManifest), sum)
	if err != nil {
		return nil, err
	}
	v := &version{number: kv.Number, manifest: file, files: m, name: kv.Name}
	dir := filepath.Join(u.base, kv.Name)
	tree, err := d.tree(u.ID, m, func() (io.ReaderAt, error) {
		return publication.NewFolder(dir, m, nil).Reader(), nil
	})
	if err != nil {
		return nil, err
	}
	v.folder = publication.NewFolder(dir, m, tree)
	return v, nil
}

// file is the path of a file of a publication.
func (d *Desk) file(id ID, sum urn.SHA1, suffix string) string {
	return filepath.Join(d.private(id), sum.String()+suffix)
}

// readManifest reads a manifest that has the SHA-1.
func readManifest(path string, sum urn.SHA1) (*publication.Manifest, stored, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, stored{}, err
	}
	if info.Size() > publication.MaxManifest {
		return nil, stored{}, publication.ErrManifest
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, stored{}, err
	}
	m, file, err := parseManifest(b)
	if err == nil && file.sum != sum {
		err = fmt.Errorf("%w: it is another one", publication.ErrManifest)
	}
	return m, file, err
}

// parseManifest reads a manifest, and makes its hashes.
func parseManifest(b []byte) (*publication.Manifest, stored, error) {
	m, err := publication.Parse(b)
	if err != nil {
		return nil, stored{}, err
	}
	t := merkle.NewBuilder(merkle.Blake3, int64(len(b)))
	t.Write(b)
	tree, err := t.Tree()
	if err != nil {
		return nil, stored{}, err
	}
	return m, stored{sha1.Sum(b), int64(len(b)), urn.Blake3(tree.Root()), tree}, nil
}

// tree is the hash tree of a bundle: that which is kept, else it is made of the bytes.
func (d *Desk) tree(id ID, m *publication.Manifest, open func() (io.ReaderAt, error)) (*merkle.Tree, error) {
	path, size := d.file(id, m.SHA1, suffixTree), m.Size()
	if nodes, err := os.ReadFile(path); err == nil && len(nodes) <= merkle.MaxSlices*merkle.Blake3.Width() {
		if t, err := merkle.New(merkle.Blake3, size, merkle.SliceSize(merkle.Blake3, size), nodes, merkle.Hash(m.Root)); err == nil {
			return t, nil
		}
	}
	from, err := open()
	if err != nil {
		return nil, err
	}
	if c, ok := from.(io.Closer); ok {
		defer c.Close()
	}
	b := merkle.NewBuilder(merkle.Blake3, size)
	if _, err := io.Copy(b, io.NewSectionReader(from, 0, size)); err != nil {
		return nil, err
	}
	t, err := b.Tree()
	switch {
	case err != nil:
		return nil, err
	case t.Root() != merkle.Hash(m.Root):
		return nil, publication.ErrContent
	}
	return t, d.keepTree(id, m, t)
}

// keepTree writes the hash tree of a bundle.
func (d *Desk) keepTree(id ID, m *publication.Manifest, t *merkle.Tree) error {
	return write(d.file(id, m.SHA1, suffixTree), t.AppendNodes(nil))
}

// write writes a file so that it is there whole or not at all, and stays.
func write(path string, b []byte) error {
	if there, err := os.ReadFile(path); err == nil && bytes.Equal(there, b) {
		return nil
	}
	f, err := os.OpenFile(path+suffixTemp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+suffixTemp, path); err != nil {
		return err
	}
	return state.SyncDir(filepath.Dir(path))
}

// forget removes the files of a version that is of no use any more, but those of its bundle
// that others among rest have as well.
func (d *Desk) forget(id ID, v *version, rest []*version) {
	os.Remove(d.file(id, v.manifest.sum, suffixManifest)) // what stays is found by sweep
	if v.files == nil {
		return
	}
	for _, o := range rest {
		if o.files != nil && o.files.SHA1 == v.files.SHA1 {
			return
		}
	}
	os.Remove(d.file(id, v.files.SHA1, suffixTree))
	os.Remove(d.file(id, v.files.SHA1, suffixBundle))
}
