package library

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	dir := folder(t, map[string]string{"a.ogg": "12345", "sub/b.ogg": "123", "sub/.hidden": "x", "server.key": "x", "mail/box.mbox": "x"})
	report, err := Check(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if report.Reason != NotRefused || report.Files != 2 || report.Bytes != 8 || report.Depth != 1 || report.Unread != 0 {
		t.Errorf("report %+v", report)
	}
	if got := strings.Join(report.Sample, " "); got != "a.ogg sub/b.ogg" {
		t.Errorf("sample %q", got)
	}
	if report.Skipped[SkipHidden] != 1 || report.Skipped[SkipKey] != 1 || report.Skipped[SkipMail] != 1 {
		t.Errorf("skipped %v", report.Skipped)
	}
	if w := report.Warnings(); len(w) != 1 || !strings.Contains(w[0], "keys or mail") {
		t.Errorf("warnings %q", w)
	}

	report, err = Check(t.Context(), dir, dir)
	if err != nil || report.Reason != RefusedHome || report.Files != 0 {
		t.Errorf("a home folder: %+v, %v", report, err)
	}
	if w := report.Warnings(); len(w) != 1 || !strings.Contains(w[0], "home folder") {
		t.Errorf("warnings of a home folder: %q", w)
	}
	if _, err := Check(t.Context(), filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	if _, err := Check(expired(t), dir); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	if report, err := Check(t.Context(), "relative"); err != nil || report.Reason != RefusedRelative {
		t.Errorf("a relative path: %+v, %v", report, err)
	}
}

func TestCheckWarnsAtItsCaps(t *testing.T) {
	dir := folder(t, nil)
	for i := range warnFiles - 1 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d", i)), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for n, warned := range []bool{false, false, true} { // warnFiles-1, warnFiles, warnFiles+1
		report, err := Check(t.Context(), dir)
		if err != nil || report.Files != warnFiles-1+n || len(report.Warnings()) > 0 != warned || len(report.Sample) != sampleFiles {
			t.Errorf("%d files, sample of %d, warnings %q, %v", report.Files, len(report.Sample), report.Warnings(), err)
		}
		put(t, filepath.Join(dir, fmt.Sprintf("more%d", n)), "x")
	}

	deep := folder(t, nil)
	path := deep
	for depth := 1; depth <= warnDepth+1; depth++ {
		path = filepath.Join(path, "d")
		put(t, filepath.Join(path, "f"), "x")
		report, err := Check(t.Context(), deep)
		if err != nil || report.Depth != depth || len(report.Warnings()) > 0 != (depth > warnDepth) {
			t.Errorf("depth %d: %+v, warnings %q, %v", depth, report, report.Warnings(), err)
		}
	}
}
