package node

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"filbert/overlay/identity"
	"filbert/transfer"
	"filbert/transfer/urn"
)

const (
	stateFolders     = "folders"      // what folders are fetched, by name
	stateFolderFiles = "folder files" // which of their files ended, see endedKey, and why without the file
)

// keptFolder is a folder as it is kept. Its sources are not: they are searched
// for again.
type keptFolder struct {
	Number int        `json:"number"`         // in the order they were added
	List   string     `json:"list,omitempty"` // SHA-1 of the collection that a link named
	By     string     `json:"by,omitempty"`   // who signed it
	Files  []keptFile `json:"files"`
}

type keptFile struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA1   string `json:"sha1"`
	Tiger  string `json:"tiger,omitempty"`
	Blake3 string `json:"blake3,omitempty"`
}

// endedKey is the key of the i-th file of a folder.
func endedKey(name string, i int) string { return fmt.Sprintf("%s/%d", name, i) }

// keep writes a folder.
func (f *folders) keep(u *unit) error {
	f.mu.Lock()
	if len(f.units) > 0 {
		u.number = f.units[len(f.units)-1].number + 1
	}
	f.mu.Unlock()
	if err := f.forget(u); err != nil { // what is left of another that had its name
		return err
	}
	kept := keptFolder{Number: u.number}
	if u.list != (urn.SHA1{}) {
		kept.List = u.list.String()
	}
	if u.by != (identity.PeerID{}) {
		kept.By = u.by.String()
	}
	for _, file := range u.files {
		own := keptFile{Path: file.path, Size: file.file.Size, SHA1: file.file.SHA1.String()}
		if file.roots.Tiger.Known() {
			own.Tiger = file.roots.Tiger.String()
		}
		if file.roots.Blake3.Known() {
			own.Blake3 = file.roots.Blake3.String()
		}
		kept.Files = append(kept.Files, own)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(kept); err != nil {
		return err
	}
	return f.kept.Put(u.name, b.Bytes())
}

// load reads the folders that are kept. What cannot be read is told and left out:
// their downloads go on by themselves.
func (f *folders) load() {
	err := f.kept.ForEach(func(name string, value []byte) error {
		u, err := f.read(name, value)
		if err != nil {
			f.node.log.Warn().Err(err).Str("folder", name).Msg("a folder that was being fetched cannot be read")
			return nil
		}
		f.units = append(f.units, u)
		return nil
	})
	if err != nil {
		f.node.log.Warn().Err(err).Msg("folders that were being fetched cannot be read")
	}
	slices.SortStableFunc(f.units, func(a, b *unit) int { return a.number - b.number })
}

// read reads a folder and which of its files ended.
func (f *folders) read(name string, value []byte) (*unit, error) {
	var kept keptFolder
	if err := json.Unmarshal(value, &kept); err != nil {
		return nil, err
	}
	u := &unit{name: name, number: kept.Number}
	u.list, _ = urn.ParseSHA1(kept.List) // zero if there is none
	u.by, _ = identity.ParsePeerID(kept.By)
	for i, file := range kept.Files {
		h, err := urn.ParseSHA1(file.SHA1)
		if err != nil {
			return nil, err
		}
		own := unitFile{path: file.Path, file: transfer.File{Name: path.Base(file.Path), Size: file.Size, SHA1: h}}
		own.roots.Tiger, _ = urn.ParseTiger(file.Tiger) // zero if there is none
		own.roots.Blake3, _ = urn.ParseBlake3(file.Blake3)
		if reason, err := f.ended.Get(endedKey(name, i)); err == nil {
			own.ended, own.reason = true, string(reason)
		}
		u.files = append(u.files, own)
	}
	u.pair()
	return u, nil
}

// makeRoom forgets the oldest folder that is over, if as many as may be are
// remembered.
func (f *folders) makeRoom() error {
	f.mu.Lock()
	var oldest *unit
	if len(f.units) >= maxFolders {
		i := slices.IndexFunc(f.units, func(u *unit) bool {
			return !slices.ContainsFunc(u.files, func(file unitFile) bool { return !file.ended })
		})
		if i < 0 {
			f.mu.Unlock()
			return ErrManyFolders
		}
		oldest = f.units[i]
	}
	f.mu.Unlock()
	if oldest == nil {
		return nil
	}
	f.take(oldest.name)
	return f.forget(oldest)
}

// take takes a folder out, nil if there is none of that name.
func (f *folders) take(name string) *unit {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.units, func(u *unit) bool { return u.name == name })
	if i < 0 {
		return nil
	}
	u := f.units[i]
	f.units = slices.Delete(f.units, i, i+1)
	return u
}

// forget removes what is kept of a folder.
func (f *folders) forget(u *unit) error {
	if err := f.kept.Delete(u.name); err != nil {
		return err
	}
	return f.ended.ForEach(func(key string, _ []byte) error {
		if name, _, _ := strings.Cut(key, "/"); name == u.name { // a name has no "/"
			return f.ended.Delete(key)
		}
		return nil
	})
}
