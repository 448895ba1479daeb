package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"
)

// errTooMany: a folder has more files than a library shares.
var errTooMany = fmt.Errorf("more than %d files", maxEntries)

// found is a file that a scan came upon.
type found struct {
	rel string
	id  ident
}

// scan is what was found in one share.
type scan struct {
	files     []found // sorted as a walk visits them
	skipped   map[Skip]int
	problems  []Problem // the first that could not be read
	unread    int       // how many could not be read
	unsettled bool      // a file was left out because it changed just now
	folders   int       // read
	took      time.Duration
}

// Problem is a path below a share that could not be read.
type Problem struct {
	Rel string
	Err error
}

// scanner walks one share.
type scanner struct {
	share *Share
	homes []string         // for Share.allowed
	quiet time.Duration    // how long a file must have been left alone
	watch func(rel string) // is told each folder before it is read; nil for none

	tree tree
	out  scan
}

// scan walks the share once. Folders and files that cannot be read are noted;
// the error is that of ctx, or of the share's own folder.
func (s *scanner) scan(ctx context.Context) (scan, error) {
	start := time.Now()
	if err := s.share.allowed(s.homes); err != nil {
		return scan{}, err
	}
	tree, err := openTree(s.share)
	if err != nil {
		return scan{}, fmt.Errorf("library: scan %s: %w", s.share.Dir, err)
	}
	defer tree.Close()
	s.tree, s.out = tree, scan{skipped: map[Skip]int{}}
	if err := s.folder(ctx, ".", 0); err != nil {
		return scan{}, fmt.Errorf("library: scan %s: %w", s.share.Dir, err)
	}
	s.out.took = time.Since(start)
	return s.out, nil
}

// folder walks one folder and those below it. An error ends the walk.
func (s *scanner) folder(ctx context.Context, dir string, depth int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.out.folders++
	if s.watch != nil {
		s.watch(dir)
	}
	entries, err := s.tree.readDir(dir)
	if err != nil && dir == "." {
		return err
	}
	if err != nil {
		s.problem(dir, err)
	}
	for _, e := range entries {
		if len(s.out.files) >= maxEntries {
			s.problem(dir, errTooMany)
			return nil
		}
		rel := path.Join(dir, e.Name())
		switch info, err := e.Info(); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			s.problem(rel, err)
		default:
			if err := s.entry(ctx, rel, info, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// entry takes one file or folder.
func (s *scanner) entry(ctx context.Context, rel string, info fs.FileInfo, depth int) error {
	skip := skipEntry(info.Name(), info.Mode(), info.Size())
	switch {
	case skip == NotSkipped && info.IsDir() && depth == maxDepth:
		skip = SkipDepth
	case skip == NotSkipped && info.IsDir():
		return s.folder(ctx, rel, depth+1)
	case skip == NotSkipped && s.share.Accept != nil && !s.share.Accept(rel):
		return nil
	}
	switch {
	case skip != NotSkipped:
		s.out.skipped[skip]++
	// A clock that is far ahead must not keep a file out, one that is ahead a
	// little must not let it in.
	case time.Since(info.ModTime()).Abs() < s.quiet:
		s.out.unsettled = true
	default:
		s.out.files = append(s.out.files, found{rel, identOf(info)})
	}
	return nil
}

func (s *scanner) problem(rel string, err error) {
	s.out.unread++
	if len(s.out.problems) < maxProblems {
		s.out.problems = append(s.out.problems, Problem{rel, err})
	}
}
