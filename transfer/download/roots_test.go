package download

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"

	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/store"
	"filbert/transfer/urn"
)

// colliding is two files of n bytes with one SHA-1.
func colliding(t *testing.T, n int) (file transfer.File, one, other []byte) {
	t.Helper()
	text, err := os.ReadFile("testdata/collision.hex")
	if err != nil {
		t.Fatal(err)
	}
	text = text[bytes.LastIndexByte(text, '#'):]
	text = text[bytes.IndexByte(text, '\n')+1:]
	var blocks [][]byte
	for block := range strings.SplitSeq(string(text), "\n\n") {
		b, err := hex.DecodeString(strings.ReplaceAll(block, "\n", ""))
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, b)
	}
	_, rest := content(1, n-len(blocks[0])-len(blocks[1]))
	one = bytes.Join([][]byte{blocks[0], blocks[1], rest}, nil)
	other = bytes.Join([][]byte{blocks[0], blocks[2], rest}, nil)
	file = transfer.File{Name: "collision.pdf", Size: int64(n), SHA1: sha1.Sum(one)}
	if sha1.Sum(other) != file.SHA1 || bytes.Equal(one, other) {
		t.Fatal("the two do not collide")
	}
	return file, one, other
}

// rootsOf is the terms of who wants b and nothing else.
func rootsOf(b []byte, kinds ...merkle.Kind) (t Terms) {
	for _, tree := range treesOf(b, kinds...) {
		root := tree.Root()
		if tree.Kind() == merkle.Tiger {
			t.Tiger = urn.Tiger(root[:24])
		} else {
			t.Blake3 = urn.Blake3(root)
		}
	}
	return t
}

// TestCollision has two files with one SHA-1 at sources that name their hash trees, or
// say nothing: who knows the trees gets the one that was meant, whole, and who has the
// other one is named.
func TestCollision(t *testing.T) {
	both := []merkle.Kind{merkle.Tiger, merkle.Blake3}
	for _, tt := range []struct {
		name   string
		size   int
		bound  []merkle.Kind
		silent bool // of the other
	}{
		{"large", 2 << 20, both, false},
		{"large, the other names no tree", 2 << 20, both, true},
		{"large, by Tiger", 2 << 20, []merkle.Kind{merkle.Tiger}, false},
		{"small", 100_000, both, false},
		{"small, by BLAKE3", 100_000, []merkle.Kind{merkle.Blake3}, false},
		{"small, the other names no tree", 100_000, both, true},
		{"as published", 320, both, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *pipes) {
				file, one, other := colliding(t, tt.size)
				for _, want := range [][]byte{one, other} {
					bad, names := other, treesOf(other, both...)
					if &want[0] == &other[0] {
						bad, names = one, treesOf(one, both...)
					}
					if tt.silent {
						names = nil
					}
					wrong := plant(t, n, file, bad, names)
					right := plant(t, n, file, want, treesOf(want, both...))
					d := open(t, folder(), Config{Connector: n})
					if _, err := d.Add(Request{File: file, Sources: []transfer.Source{wrong.Source}, Terms: rootsOf(want, tt.bound...)}); err != nil {
						t.Fatal(err)
					}
					d.until(file, "asked", func(Status) bool { return wrong.asked.Load() > 0 })
					if !tt.silent {
						s := d.until(file, "waiting", waiting)
						if len(s.Peers) != 1 || s.Peers[0].State != Dropped || !strings.Contains(s.Peers[0].Reason, "has another file under this SHA-1: ") || !strings.Contains(s.Reason, "another file") {
							t.Errorf("who has the other one is %+v; %s", s.Peers, s.Reason)
						}
						if s.Have != 0 {
							t.Errorf("%d bytes of the other are here", s.Have)
						}
						d.AddSources(file.SHA1, []transfer.Source{right.Source})
						d.want(file, Complete)
						d.wantFile(file.Name, want)
					} else if s := finish(d, file, right.Source); s.State == Complete {
						d.wantFile(file.Name, want)
					} else if !errors.Is(s.Err, ErrRoots) || !errors.Is(s.Err, store.ErrVerification) {
						t.Errorf("it ended with %+v", s)
					}
					d.stop()

					d = open(t, folder(), Config{Connector: n})
					sources := []transfer.Source{wrong.Source, right.Source}
					if _, err := d.Add(Request{File: file, Sources: sources, Terms: rootsOf(want, tt.bound...)}); err != nil {
						t.Fatal(err)
					}
					d.want(file, Complete)
					d.wantFile(file.Name, want)
					d.stop()
				}
			})
		})
	}
}

// finish gives a download another source, if it has not ended, and waits for its end.
func finish(d *desk, file transfer.File, other transfer.Source) Status {
	d.t.Helper()
	d.AddSources(file.SHA1, []transfer.Source{other})
	s, err := d.Wait(d.t.Context(), file.SHA1)
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

// TestRootsOfAnotherFile ends when all is here and verified, and has another SHA-1: the
// trees and the SHA-1 that were asked for are not of one file.
func TestRootsOfAnotherFile(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, _ := content(1, 2<<20)
		_, b := content(2, 2<<20)
		d := open(t, folder(), Config{Connector: n})
		source := plant(t, n, file, b, treesOf(b))
		if _, err := d.Add(Request{File: file, Sources: []transfer.Source{source.Source}, Terms: rootsOf(b)}); err != nil {
			t.Fatal(err)
		}
		if s := d.want(file, Failed); !errors.Is(s.Err, store.ErrVerification) {
			t.Errorf("%v", s.Err)
		}
	})
}

// TestRootsAreKept: a download stays bound, and cannot be bound to something else.
func TestRootsAreKept(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, one, other := colliding(t, 2<<20)
		mine, theirs := rootsOf(one), rootsOf(other)
		f := folder()
		d := open(t, f, Config{Connector: n})
		d.add(file)
		if d.Denies(file.SHA1, theirs.Tiger, theirs.Blake3) {
			t.Error("nobody said which it is, and one is denied")
		}
		refuses := func(d *desk) {
			t.Helper()
			if _, err := d.Add(Request{File: file, Terms: theirs}); !errors.Is(err, ErrConflict) {
				t.Errorf("the other one: %v", err)
			}
			if !d.Denies(file.SHA1, theirs.Tiger, theirs.Blake3) || d.Denies(file.SHA1, mine.Tiger, mine.Blake3) {
				t.Error("what it is is denied, or what it is not is not")
			}
		}
		if _, err := d.Add(Request{File: file, Terms: mine}); err != nil {
			t.Fatal(err)
		}
		refuses(d)
		d.stop()
		d = open(t, f, Config{Connector: n})
		d.add(file)
		refuses(d)
		if err := d.Cancel(t.Context(), file.SHA1, false); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Add(Request{File: file, Terms: theirs}); !errors.Is(err, ErrConflict) {
			t.Errorf("the other one into what is left of the first: %v", err)
		}
		if s, err := d.Add(Request{File: file}); err != nil || s.Blake3 != mine.Blake3 {
			t.Errorf("what was cancelled goes on as %v, %v", s.Blake3, err)
		}
	})
}
