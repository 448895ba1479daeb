package corpus

import (
	"crypto/sha1"
	"errors"
	"io"
	"io/fs"
	"testing"
	"testing/fstest"
)

func TestFS(t *testing.T) {
	l := must(t, Plan{Nodes: 3, FilesPerNode: 5, MinSize: MinFileSize, MaxSize: blockSize + 100})
	for node := range l.Nodes() {
		var names []string
		for _, f := range l.Node(node) {
			names = append(names, f.Name)
		}
		fsys := l.FS(node)
		if err := fstest.TestFS(fsys, names...); err != nil {
			t.Errorf("node %d: %v", node, err)
		}
		entries, err := fs.ReadDir(fsys, ".")
		if err != nil || len(entries) != len(names) {
			t.Errorf("node %d lists %d files, %v; want %d", node, len(entries), err, len(names))
		}
		for _, f := range l.Node(node) {
			data, err := fs.ReadFile(fsys, f.Name)
			if err != nil || sha1.Sum(data) != f.SHA1 {
				t.Errorf("node %d, %s: %v", node, f.Name, err)
			}
		}
	}
}

func TestFSFilesSeek(t *testing.T) {
	l := must(t, Plan{})
	f := l.Node(0)[0]
	file, err := l.FS(0).Open(f.Name)
	if err != nil {
		t.Fatal(err)
	}
	r, ok := file.(interface {
		io.ReadSeekCloser
		io.ReaderAt
	})
	if !ok {
		t.Fatalf("%T neither seeks nor reads at an offset", file)
	}
	if end, err := r.Seek(0, io.SeekEnd); end != f.Size || err != nil {
		t.Errorf("the end is at %d, %v; want %d", end, err, f.Size)
	}
	if info, err := fs.Stat(l.FS(0), "."); err != nil || !info.IsDir() || info.Name() != "." {
		t.Errorf("the root is %v, %v", info, err)
	}
	if _, err := fs.ReadFile(l.FS(0), "."); err == nil {
		t.Error("the folder was read as a file")
	}
	if _, err := l.FS(0).Open("other.txt"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}
