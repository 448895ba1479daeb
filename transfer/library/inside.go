package library

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Inside is what a folder has that is shared, or will be once it is hashed.
type Inside struct {
	Files   []InsideFile // shared, and on the disk as it was hashed
	Waiting int          // files that are not hashed yet, or changed since
	Size    int64        // of all of these, in bytes
	Hashed  int64        // of those in Files
	Skipped map[Skip]int // files and folders left out, by reason
	Unread  int          // files and folders that could not be read
}

// InsideFile is a shared file by where it is in the folder that was asked for.
type InsideFile struct {
	Rel string // slash-separated
	*Entry
}

// Inside looks through the folder dir, which is shared or lies in one that is. The
// error is ErrNotShare if it is not, why nothing of its share is shared, that of ctx
// or of the folder itself. If files changed that nobody has noticed yet, it has the
// share scanned soon.
func (l *Library) Inside(ctx context.Context, dir string) (Inside, error) {
	share, below, ok := l.around(dir)
	switch {
	case !ok:
		return Inside{}, fmt.Errorf("library: %s: %w", dir, ErrNotShare)
	case share.Err != nil:
		return Inside{}, fmt.Errorf("library: %s: %w", dir, share.Err)
	}
	found, err := (&scanner{share: &Share{Dir: dir, Forced: true}}).scan(ctx)
	if err != nil {
		return Inside{}, err
	}
	hashed := map[string]*Entry{}
	for _, e := range l.Entries() {
		if e.Share == share.Dir && (below == "." || strings.HasPrefix(e.Rel, below+"/")) {
			hashed[e.Rel] = e
		}
	}
	out := Inside{Skipped: found.skipped, Unread: found.unread}
	for _, f := range found.files {
		rel := path.Join(below, f.rel)
		e := hashed[rel]
		switch {
		case e != nil && e.id == f.id:
			out.Files = append(out.Files, InsideFile{f.rel, e})
			out.Hashed += e.Size
		case slices.ContainsFunc(share.Problems, func(p Problem) bool { return p.Rel == rel }):
			out.Unread++
			continue
		default:
			out.Waiting++
		}
		out.Size += f.id.size
	}
	if out.Waiting > 0 && share.Waiting == 0 {
		l.hint(touched{share: share.Dir})
	}
	return out, nil
}

// around is the share that the folder dir is or lies in, and where in it. Where
// nothing is shared, as in a hidden folder of a share, is in none.
func (l *Library) around(dir string) (share Status, below string, ok bool) {
	dir = leadsTo(dir)
	for _, s := range l.Shares() {
		rel, err := filepath.Rel(leadsTo(s.Dir), dir)
		if err != nil || !filepath.IsLocal(rel) {
			continue
		}
		below = filepath.ToSlash(rel)
		parts := strings.Split(below, "/")
		if below == "." || len(parts) <= maxDepth && !slices.ContainsFunc(parts, func(name string) bool { return skipName(name) != NotSkipped }) {
			return s, below, true
		}
	}
	return Status{}, "", false
}

// leadsTo is where a path leads, itself if it leads nowhere.
func leadsTo(p string) string {
	if to, err := filepath.EvalSymlinks(p); err == nil {
		return to
	}
	return filepath.Clean(p)
}
