package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"filbert/node/state"
	"filbert/overlay/identity"
	"filbert/query"
	"filbert/transfer"
	"filbert/transfer/collection"
	"filbert/transfer/download"
	"filbert/transfer/urn"
)

// Errors of AddFolder, Folder and CancelFolder.
var (
	// ErrNoFolder: no folder of that name is being fetched, or was lately.
	ErrNoFolder = errors.New("no such folder")
	// ErrManyFolders: as many as are remembered are under way.
	ErrManyFolders = errors.New("too many folders are being fetched")
)

// Folder is files that are fetched as one, at one moment.
type Folder struct {
	Name  string          // of its folder in that of downloads
	Dir   string          // where that is
	By    identity.PeerID // who signed the collection that it was made of, zero if nobody did
	Files []FolderFile
}

// FolderFile is one file of a Folder.
type FolderFile struct {
	Path   string          // in the folder, slash-separated, made by us
	File   transfer.File   // as it was named
	Ended  bool            // nothing more happens to it
	Reason string          // why it Ended without the file
	Status download.Status // of its download, while there is one
}

// folders is all folders that are fetched. It hands their files to the manager of
// downloads as that has room, so a folder goes on when the node starts again.
// Safe for concurrent use.
type folders struct {
	node   *Node
	kept   state.Bucket
	ended  state.Bucket
	wake   chan struct{} // there is something to add; holds one
	adding sync.Mutex    // held while a folder or a file of one is added, or a folder is cancelled

	mu    sync.Mutex
	units []*unit // in the order they were added
}

// unit is one folder. Guarded by folders.mu.
type unit struct {
	name   string
	number int             // in the order they were added
	list   urn.SHA1        // of the collection that a link named, zero if none did
	by     identity.PeerID // who signed it, zero if nobody did
	files  []unitFile
}

type unitFile struct {
	path    string
	file    transfer.File
	roots   query.Roots       // of its hash trees, zero where nobody said
	sources []transfer.Source // not kept between starts
	twin    int               // the file before it that has the same content, -1: none
	added   bool              // the manager has it
	ended   bool
	reason  string
}

func newFolders(n *Node) *folders {
	f := &folders{
		node: n, kept: n.cfg.State.Bucket(stateFolders), ended: n.cfg.State.Bucket(stateFolderFiles), wake: make(chan struct{}, 1),
	}
	f.load()
	f.kick()
	return f
}

func (f *folders) kick() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// run adds files to the downloads whenever there may be room for them.
func (f *folders) run(ctx context.Context) error {
	for {
		select {
		case <-f.wake:
		case <-ctx.Done():
			return nil
		}
		for ctx.Err() == nil && f.addNext() {
		}
	}
}

// addNext hands the next file to the manager, and reports whether there may be
// another that it takes.
func (f *folders) addNext() bool {
	f.adding.Lock()
	defer f.adding.Unlock()
	u, i, file := f.next()
	if u == nil {
		return false
	}
	output := f.output(u, file)
	if file.twin >= 0 {
		f.end(u, i, f.copyTwin(u, file))
		return true
	}
	f.set(u, i, true) // before it can be over
	_, err := f.node.downloads.Add(download.Request{
		File: file.file, Sources: file.sources, Output: output,
		Terms: download.Terms{Tiger: file.roots.Tiger, Blake3: file.roots.Blake3, Adopt: f.node.hereAt(file.file, file.roots)},
	})
	switch {
	case errors.Is(err, download.ErrTooMany), errors.Is(err, download.ErrStopped):
		f.set(u, i, false)
		return false // the end of another makes room; the next start takes it up
	case errors.Is(err, fs.ErrExist) && sameContent(output, file.file):
		f.end(u, i, "") // a kill came between the end of its download and our note of it
	case errors.Is(err, download.ErrConflict):
		f.end(u, i, "it is being downloaded to another place")
	case err != nil:
		f.end(u, i, err.Error())
	}
	return true
}

// set notes whether the manager has a file.
func (f *folders) set(u *unit, i int, added bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	u.files[i].added = added
}

// next is the first file that the manager does not have. One that has a twin
// waits for that.
func (f *folders) next() (*unit, int, unitFile) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, u := range f.units {
		for i, file := range u.files {
			if !file.added && !file.ended && (file.twin < 0 || u.files[file.twin].ended) {
				return u, i, file
			}
		}
	}
	return nil, 0, unitFile{}
}

// over takes the end of a download, which may be that of a file here.
func (f *folders) over(st download.Status) {
	reason := ""
	switch {
	case st.Err != nil:
		reason = st.Err.Error()
	case st.State == download.Cancelled:
		reason = "its download was cancelled"
	}
	f.mu.Lock()
	var of *unit
	at := -1
	for _, u := range f.units {
		at = slices.IndexFunc(u.files, func(file unitFile) bool {
			return file.added && !file.ended && file.file.SHA1 == st.File.SHA1 && f.output(u, file) == st.Output
		})
		if of = u; at >= 0 {
			break
		}
	}
	f.mu.Unlock()
	if at >= 0 {
		f.end(of, at, reason)
	}
	f.kick()
}

// end notes that nothing more happens to a file, also for the next start.
func (f *folders) end(u *unit, i int, reason string) {
	f.mu.Lock()
	file := &u.files[i]
	file.ended, file.reason = true, reason
	key, there := endedKey(u.name, i), slices.Contains(f.units, u)
	f.mu.Unlock()
	if !there {
		return // it was cancelled
	}
	if err := f.ended.Put(key, []byte(reason)); err != nil {
		f.node.log.Warn().Err(err).Msg("the end of a file of a folder could not be kept")
	}
}

// output is where a file of a folder goes.
func (f *folders) output(u *unit, file unitFile) string {
	return filepath.Join(f.dir(u.name), filepath.FromSlash(file.path))
}

// dir is where a folder is.
func (f *folders) dir(name string) string { return filepath.Join(f.node.cfg.Downloads, name) }

// AddFolder begins to fetch the files of a collection into a folder of their own
// in that of downloads, whose name is like that of the collection and new. It
// goes on when the node starts again. Of a file that is here already, as everybody may get
// it or as it was fetched, that is read first.
func (n *Node) AddFolder(c collection.Collection) (Folder, error) {
	if n.downloads == nil {
		return Folder{}, fmt.Errorf("node: get folder: %w", ErrNoDownloads)
	}
	return n.addFolder(opened{Collection: c}, nil)
}

// addFolder adds the folder of a collection, whose files the sources may have.
func (n *Node) addFolder(c opened, sources []transfer.Source) (Folder, error) {
	f := n.folders
	f.adding.Lock()
	defer f.adding.Unlock()
	if err := f.makeRoom(); err != nil {
		return Folder{}, fmt.Errorf("node: get folder: %w", err)
	}
	layout := c.Layout()
	name, err := makeFolder(n.cfg.Downloads, c.Name, layout)
	if err != nil {
		return Folder{}, fmt.Errorf("node: get folder: %w", err)
	}
	u := &unit{name: name, list: c.list, by: c.by}
	for i, file := range c.Files {
		own := unitFile{path: layout[i], file: transfer.File{Name: path.Base(layout[i]), Size: file.Size, SHA1: file.URN.SHA1}}
		own.roots = query.Roots{Tiger: file.URN.Tiger, Blake3: file.URN.Blake3}
		own.sources = append(n.sourcesIn(urn.Magnet{URN: file.URN, Sources: file.Sources}), sources...)
		if r, known := n.byHash(file.URN); known {
			own.sources = append(own.sources, r.Sources...)
		}
		own.sources = append(own.sources, n.mesh.Sources(file.URN.SHA1, maxMeshSources)...)
		u.files = append(u.files, own)
	}
	u.pair()
	if err := f.keep(u); err != nil {
		return Folder{}, fmt.Errorf("node: get folder: %w", err)
	}
	f.mu.Lock()
	f.units = append(f.units, u)
	f.mu.Unlock()
	f.kick()
	return n.Folder(name)
}

// makeFolder makes a new folder in dir, and those in it that the layout has, and
// returns its name. Nothing outside dir is reached, whatever is there.
func makeFolder(dir, title string, layout []string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	title = transfer.SafeName(title)
	for n := range maxFolderTries {
		name := transfer.Numbered(title, n+1)
		err := root.Mkdir(name, 0o755)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		for _, file := range layout {
			if err := root.MkdirAll(filepath.FromSlash(path.Join(name, path.Dir(file))), 0o755); err != nil {
				return "", err
			}
		}
		return name, nil
	}
	return "", fmt.Errorf("%d folders named like %s are there: %w", maxFolderTries, title, fs.ErrExist)
}

// Folders lists the folders that are fetched, in the order they were added.
func (n *Node) Folders() []Folder {
	if n.downloads == nil {
		return nil
	}
	now := map[urn.SHA1]download.Status{}
	for _, st := range n.Downloads() {
		now[st.File.SHA1] = st
	}
	n.folders.mu.Lock()
	defer n.folders.mu.Unlock()
	var list []Folder
	for _, u := range n.folders.units {
		folder := Folder{Name: u.name, Dir: n.folders.dir(u.name), By: u.by}
		for _, file := range u.files {
			ff := FolderFile{Path: file.path, File: file.file, Ended: file.ended, Reason: file.reason}
			if file.added && !file.ended {
				ff.Status = now[file.file.SHA1]
			}
			folder.Files = append(folder.Files, ff)
		}
		list = append(list, folder)
	}
	return list
}

// Folder is the folder with a name.
func (n *Node) Folder(name string) (Folder, error) {
	for _, folder := range n.Folders() {
		if folder.Name == name {
			return folder, nil
		}
	}
	return Folder{}, fmt.Errorf("node: folder %q: %w", name, ErrNoFolder)
}

// CancelFolder ends the downloads of a folder and forgets it. What arrived of
// unfinished files is removed; files that are complete stay.
func (n *Node) CancelFolder(ctx context.Context, name string) error {
	if n.downloads == nil {
		return fmt.Errorf("node: folder %q: %w", name, ErrNoFolder)
	}
	n.folders.adding.Lock()
	defer n.folders.adding.Unlock()
	u := n.folders.take(name)
	if u == nil {
		return fmt.Errorf("node: folder %q: %w", name, ErrNoFolder)
	}
	errs := []error{n.folders.forget(u)}
	n.folders.mu.Lock()
	files := slices.Clone(u.files)
	n.folders.mu.Unlock()
	for _, file := range files {
		if !file.added || file.ended {
			continue
		}
		if err := n.downloads.Cancel(ctx, file.file.SHA1, true); err != nil && !errors.Is(err, download.ErrUnknown) {
			errs = append(errs, err)
		}
	}
	removeEmpty(n.cfg.Downloads, name, files)
	return errors.Join(errs...)
}

// removeEmpty removes the folders of a layout that hold nothing, deepest first.
// What cannot be removed stays, and is harmless.
func removeEmpty(dir, name string, files []unitFile) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return
	}
	defer root.Close()
	made := map[string]bool{name: true}
	for _, file := range files {
		for at := path.Dir(file.path); at != "."; at = path.Dir(at) {
			made[path.Join(name, at)] = true
		}
	}
	for _, at := range slices.Backward(slices.Sorted(maps.Keys(made))) {
		root.Remove(filepath.FromSlash(at)) // fails where something is in it
	}
}
