package corpus

import (
	"context"
	"crypto/sha1"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGenerate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "place")
	l, err := Generate(t.Context(), dir, Plan{Nodes: 12, FilesPerNode: 6})
	if err != nil {
		t.Fatal(err)
	}
	for node := range l.Nodes() {
		folder := filepath.Join(dir, Folder(node))
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) != len(l.Node(node)) {
			t.Errorf("%s has %d files, want %d", folder, len(entries), len(l.Node(node)))
		}
		for _, f := range l.Node(node) {
			data, err := os.ReadFile(filepath.Join(folder, f.Name))
			if err != nil || int64(len(data)) != f.Size || sha1.Sum(data) != f.SHA1 {
				t.Errorf("%s of node %d: %d bytes, %v", f.Name, node, len(data), err)
			}
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := Generate(t.Context(), dir, Plan{Nodes: -1}); !errors.Is(err, ErrPlan) {
		t.Errorf("a bad plan: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Generate(ended, filepath.Join(dir, "ended"), Plan{}); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Generate(t.Context(), file, Plan{}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file in the way: %v", err)
	}
	taken := filepath.Join(dir, Folder(1))
	if err := os.Mkdir(taken, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Generate(t.Context(), dir, Plan{}); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), taken) {
		t.Errorf("a folder that exists: %v", err)
	}
}

func BenchmarkGenerate(b *testing.B) {
	dir := b.TempDir()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Generate(b.Context(), dir, Plan{Nodes: 200, FilesPerNode: 10}); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := os.RemoveAll(dir); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
