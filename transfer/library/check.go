package library

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Report tells a user what sharing a folder would share.
type Report struct {
	Reason  Refusal // why the folder is refused unless forced, NotRefused if it is not; the rest is zero then
	Files   int
	Bytes   int64
	Depth   int      // levels of folders below the share that have files
	Sample  []string // paths of some of the files, spread over all
	Skipped map[Skip]int
	Unread  int // folders and files that could not be looked at
}

// Warnings says, in words for the user, what looks like a mistake.
func (r Report) Warnings() []string {
	var out []string
	if r.Reason != NotRefused {
		out = append(out, fmt.Sprintf("this is %s", r.Reason))
	}
	if r.Files > warnFiles {
		out = append(out, fmt.Sprintf("%d files are more than most people mean to share", r.Files))
	}
	if r.Depth > warnDepth {
		out = append(out, fmt.Sprintf("files lie up to %d folders deep", r.Depth))
	}
	if r.Skipped[SkipKey] > 0 || r.Skipped[SkipMail] > 0 {
		out = append(out, fmt.Sprintf("there are keys or mail in it (left out: %d)", r.Skipped[SkipKey]+r.Skipped[SkipMail]))
	}
	return out
}

// Check looks at what sharing the folder dir would share, without sharing it.
// homes are home folders beside those at the usual places. It reads the whole
// tree, unless the folder is refused, and blocks as long as that takes; the error
// is that of ctx or of the folder itself.
func Check(ctx context.Context, dir string, homes ...string) (Report, error) {
	var report Report
	var err error
	if report.Reason, err = refuseDisk(dir, homes); err != nil || report.Reason != NotRefused {
		return report, err // what is refused may be a whole disk: no need to read it
	}
	found, err := (&scanner{share: &Share{Dir: dir, Forced: true}}).scan(ctx)
	if err != nil {
		return report, err
	}
	report.Files, report.Skipped, report.Unread = len(found.files), found.skipped, found.unread
	for i, f := range found.files {
		report.Bytes += f.id.size
		report.Depth = max(report.Depth, strings.Count(f.rel, "/"))
		if step := max(1, len(found.files)/sampleFiles); i%step == 0 && len(report.Sample) < sampleFiles {
			report.Sample = append(report.Sample, path.Clean(f.rel))
		}
	}
	return report, nil
}

// allowed is nil if the share may be shared as far as its folder goes, a
// *RefusedError if it may not, or the error of looking.
func (s *Share) allowed(homes []string) error {
	if s.Forced || s.FS != nil {
		return nil
	}
	reason, err := refuseDisk(s.Dir, homes)
	if err == nil && reason != NotRefused {
		err = &RefusedError{s.Dir, reason}
	}
	return err
}

// Allowed is nil if the folder dir may be shared without being forced to, else a
// *RefusedError, or the error of looking. homes are as of Check.
func Allowed(dir string, homes ...string) error { return (&Share{Dir: dir}).allowed(homes) }

// refuseDisk says whether a folder that exists may be shared: by its path, by
// where its path leads, and by whether a disk is mounted there.
func refuseDisk(dir string, homes []string) (Refusal, error) {
	if reason := refuse(runtime.GOOS, dir, homes); reason != NotRefused {
		return reason, nil
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return NotRefused, fmt.Errorf("library: check %s: %w", dir, err)
	}
	all := slices.Clone(homes)
	for _, home := range homes {
		if home, err := filepath.EvalSymlinks(home); err == nil {
			all = append(all, home)
		}
	}
	if reason := refuse(runtime.GOOS, real, all); reason != NotRefused {
		return reason, nil
	}
	if isMounted(real) {
		return RefusedMount, nil
	}
	return NotRefused, nil
}
