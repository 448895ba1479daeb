package node

import (
	"path/filepath"
	"slices"
	"strings"

	"filbert/query"
	"filbert/transfer"
	"filbert/transfer/urn"
)

// again takes up the folder of a collection that was begun before, and returns its name: of
// its files those that did not come are tried once more, also with these sources. ok is
// false if there is none that is signed as the link says, or if a file that had come is
// there no more.
func (f *folders) again(m urn.Magnet, sources []transfer.Source) (name string, ok bool) {
	f.adding.Lock()
	defer f.adding.Unlock()
	f.mu.Lock()
	i := len(f.units) - 1 // the newest
	for ; i >= 0; i-- {
		if u := f.units[i]; u.list == m.SHA1 && (m.By == "" || strings.EqualFold(m.By, u.by.String())) {
			break
		}
	}
	if i < 0 {
		f.mu.Unlock()
		return "", false
	}
	u := f.units[i]
	files := slices.Clone(u.files)
	f.mu.Unlock()
	if slices.ContainsFunc(files, func(file unitFile) bool {
		return file.ended && file.reason == "" && !sized(f.output(u, file), file.file.Size)
	}) {
		return "", false
	}
	for i, file := range files {
		if !file.ended || file.reason == "" {
			continue
		}
		if err := f.ended.Delete(endedKey(u.name, i)); err != nil {
			f.node.log.Warn().Err(err).Msg("the end of a file of a folder could not be forgotten")
		}
		f.mu.Lock()
		again := &u.files[i]
		again.added, again.ended, again.reason = false, false, ""
		again.sources = append(slices.Clip(again.sources), sources...)
		f.mu.Unlock()
	}
	f.kick()
	return u.name, true
}

// hereAt is where a file of a folder is that came, "" if there is none.
func (f *folders) hereAt(file transfer.File, roots query.Roots) string {
	var at []string
	f.mu.Lock()
	for _, u := range f.units {
		for _, have := range u.files {
			if have.ended && have.reason == "" && have.file.SHA1 == file.SHA1 && !roots.Denies(have.roots) {
				at = append(at, f.output(u, have))
			}
		}
	}
	f.mu.Unlock()
	i := slices.IndexFunc(at, func(p string) bool { return filepath.IsAbs(p) && sized(p, file.Size) })
	if i < 0 {
		return ""
	}
	return at[i]
}
