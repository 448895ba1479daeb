package corpus

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Generate makes a library and writes it to disk, see Write.
func Generate(ctx context.Context, dir string, plan Plan) (*Library, error) {
	l, err := New(plan)
	if err != nil {
		return nil, err
	}
	return l, l.Write(ctx, dir)
}

// Folder returns the name of a node's folder: node-000, node-001 and so on.
func Folder(node int) string { return fmt.Sprintf("node-%03d", node) }

// Write writes the files of every node to a new folder below dir, which is made
// if need be; see Folder. It refuses folders that exist, for what they hold would
// spoil the answers. It ends early with ctx. An error names the path; what was
// written before stays.
func (l *Library) Write(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("corpus: make folder: %w", err)
	}
	for node, files := range l.nodes {
		folder := filepath.Join(dir, Folder(node))
		if err := os.Mkdir(folder, 0o755); err != nil {
			return fmt.Errorf("corpus: make folder of node %d: %w", node, err)
		}
		for _, f := range files {
			path := filepath.Join(folder, f.Name)
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("corpus: write %s: %w", path, err)
			}
			if err := f.write(path); err != nil {
				return fmt.Errorf("corpus: write %w", err)
			}
		}
	}
	return nil
}

func (f *File) write(path string) error {
	w, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.content.WriteTo(w)
	if closed := w.Close(); err == nil {
		err = closed
	}
	return err
}
