package download

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/ranges"
	"filbert/transfer/urn"
)

// local is a file of the user's, which must still be the same at the end.
func local(t *testing.T, b []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "old partial")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	then := time.Unix(1e9, 0)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, b) || !info.ModTime().Equal(then) {
			t.Errorf("the file that was adopted was changed: %v, of %v", err, info.ModTime())
		}
	})
	return path
}

// TestAdoptFile has files of all kinds adopted: what fits is not fetched.
func TestAdoptFile(t *testing.T) {
	const mb = 1 << 20
	const size = 4 * mb
	file, b := content(1, size)
	_, other := content(2, size)
	slice := merkle.SliceSize(merkle.Blake3, size)
	holed := bytes.Clone(b)
	copy(holed[mb:2*mb], make([]byte, mb))
	for _, tt := range []struct {
		name    string
		local   []byte
		trees   bool
		used    int64
		reason  string
		fetched int64
	}{
		{"the beginning", b[:2*mb+5], true, 2 * mb, reasonParts, 2 * mb},
		{"a hole", holed, true, 3 * mb, reasonParts, mb},
		{"one wrong bit", flipped(b, 3*mb), true, size - slice, reasonParts, slice},
		{"another file", other, true, 0, reasonNothing, size},
		{"a trailer", append(bytes.Clone(b), "of another program"...), true, size, reasonParts, 0},
		{"nothing", nil, true, 0, reasonNothing, size},
		{"all of it", b, false, size, "", 0},
		{"the beginning, without a tree", b[:2*mb], false, 0, reasonNoTree, size},
		{"another file, without a tree", other, false, 0, reasonNoTree, size},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := local(t, tt.local)
			inBubble(t, func(t *testing.T, n *pipes) {
				var trees []*merkle.Tree
				if tt.trees {
					trees = treesOf(b)
				}
				good := plant(t, n, file, b, trees)
				d := open(t, folder(), Config{Connector: n})
				if _, err := d.Add(Request{File: file, Sources: []transfer.Source{good.Source}, Terms: Terms{Adopt: path}}); err != nil {
					t.Fatal(err)
				}
				s := d.want(file, Complete)
				d.wantFile(file.Name, b)
				a := s.Adopted
				if a.Path != path || a.Size != int64(len(tt.local)) || a.Used != tt.used || a.Reason != tt.reason || a.Done != (tt.reason != reasonNoTree) {
					t.Errorf("%+v, want %d used: %s", a, tt.used, tt.reason)
				}
				// Before there is a tree a source is asked for a little.
				if sent := good.sent.Load(); sent < tt.fetched || sent > tt.fetched+probeBytes {
					t.Errorf("%d bytes were fetched, want %d", sent, tt.fetched)
				}
			})
		})
	}
}

func flipped(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

// TestAdoptAlone needs nobody for a whole file.
func TestAdoptAlone(t *testing.T) {
	file, b := content(1, 3*mb)
	path := local(t, b)
	inBubble(t, func(t *testing.T, n *pipes) {
		d := open(t, folder(), Config{Connector: n})
		if _, err := d.Add(Request{File: file, Terms: Terms{Adopt: path}}); err != nil {
			t.Fatal(err)
		}
		d.want(file, Complete)
		d.wantFile(file.Name, b)
	})
}

// TestAdoptAfterARestart: what was asked for holds for the next process, and a file
// may be named while its download goes on.
func TestAdoptAfterARestart(t *testing.T) {
	const mb = 1 << 20
	file, b := content(1, 4*mb)
	path := local(t, b[:3*mb])
	inBubble(t, func(t *testing.T, n *pipes) {
		f := folder()
		d := open(t, f, Config{Connector: n})
		d.add(file)
		d.until(file, "waiting", waiting)
		if s, err := d.Add(Request{File: file, Terms: Terms{Adopt: path}}); err != nil || s.Adopted.Path != path || s.Adopted.Done {
			t.Fatalf("%+v, %v", s.Adopted, err)
		}
		d.until(file, "looked at", func(s Status) bool { return s.Adopted.Reason == reasonNoTree && waiting(s) })
		d.stop()
		good := plant(t, n, file, b, treesOf(b))
		d = open(t, f, Config{Connector: n})
		d.add(file, good.Source)
		s := d.want(file, Complete)
		if sent := good.sent.Load(); s.Adopted.Used != 3*mb || sent > mb+probeBytes {
			t.Errorf("%+v, %d bytes were fetched", s.Adopted, sent)
		}
		d.wantFile(file.Name, b)
	})
}

// TestAdoptAgain looks at a file that has become whole, and not at one of which
// nothing new was said.
func TestAdoptAgain(t *testing.T) {
	file, b := content(1, 2<<20)
	path := filepath.Join(t.TempDir(), "grows")
	if err := os.WriteFile(path, b[:1<<20], 0o600); err != nil {
		t.Fatal(err)
	}
	inBubble(t, func(t *testing.T, n *pipes) {
		d := open(t, folder(), Config{Connector: n})
		looked := func(s Status) bool { return s.Adopted.Reason == reasonNoTree && waiting(s) }
		for _, terms := range []Terms{{Adopt: path}, {Rate: 5000}, {Adopt: path}} {
			if _, err := d.Add(Request{File: file, Terms: terms}); err != nil {
				t.Fatal(err)
			}
			d.until(file, "looked at", looked)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Add(Request{File: file, Terms: Terms{Adopt: path}}); err != nil {
			t.Fatal(err)
		}
		d.want(file, Complete)
		d.wantFile(file.Name, b)
	})
}

// TestAdoptRefuses what is no file of ours to read, at once and later.
func TestAdoptRefuses(t *testing.T) {
	file, b := content(1, 2*mb)
	inBubble(t, func(t *testing.T, n *pipes) {
		d := open(t, folder(), Config{Connector: n})
		dir := t.TempDir()
		for path, why := range map[string]error{
			"relative": ErrTerms, dir: ErrTerms, filepath.Join(dir, "missing"): fs.ErrNotExist,
			"/" + strings.Repeat("x", maxAdoptPath): ErrTerms,
		} {
			if _, err := d.Add(Request{File: file, Terms: Terms{Adopt: path}}); !errors.Is(err, why) || !errors.Is(err, ErrTerms) {
				t.Errorf("%.40s: %v", path, err)
			}
		}
		path := filepath.Join(dir, "gone soon")
		if err := os.WriteFile(path, b[:mb], 0o600); err != nil {
			t.Fatal(err)
		}
		f := folder()
		m := open(t, f, Config{Connector: n})
		if _, err := m.Add(Request{File: file, Terms: Terms{Adopt: path}}); err != nil {
			t.Fatal(err)
		}
		m.until(file, "looked at", func(s Status) bool { return s.Adopted.Size == mb && waiting(s) })
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		m.AddSources(file.SHA1, []transfer.Source{plant(t, n, file, b, treesOf(b)).Source})
		if s := m.want(file, Complete); !s.Adopted.Done || s.Adopted.Used != 0 || !strings.Contains(s.Adopted.Reason, "no such file") {
			t.Errorf("%+v", s.Adopted)
		}
	})
}

// FuzzParseTerms asserts that what is read of anything, written again, reads the same.
func FuzzParseTerms(f *testing.F) {
	f.Add(Terms{Adopt: "/a path/with\nadopt /"}.note())
	f.Add(Terms{Strategy: "rarest", Rate: 5000, Tiger: urn.Tiger{1}, Blake3: urn.Blake3{2}, Adopt: "/x"}.note())
	f.Add("unknown\nstrategy rarest\nrate -1\nadopt /x")
	f.Fuzz(func(t *testing.T, note string) {
		terms := parseTerms(note)
		if again := parseTerms(terms.note()); again != terms {
			t.Errorf("%+v written and read is %+v", terms, again)
		}
		if len(terms.Adopt) > len(note) {
			t.Errorf("a path of %d bytes of %d", len(terms.Adopt), len(note))
		}
	})
}

// holes is a file of which some bytes cannot be read.
type holes struct {
	b    []byte
	gone []ranges.Range
}

// ReadAt implements io.ReaderAt.
func (h *holes) ReadAt(b []byte, off int64) (int, error) {
	for _, gap := range h.gone {
		if off < gap.End && gap.Start < off+int64(len(b)) {
			return 0, errors.New("not here")
		}
	}
	return copy(b, h.b[off:]), nil
}

// TestAdoptFrom has what a reader can give adopted: the rest is fetched, and whoever
// gives all of it is the only one that is needed.
func TestAdoptFrom(t *testing.T) {
	const mb = 1 << 20
	const size = 4 * mb
	file, b := content(1, size)
	slice := merkle.SliceSize(merkle.Blake3, size)
	for _, tt := range []struct {
		name string
		from *holes
		used int64
	}{
		{"with a hole", &holes{b, []ranges.Range{{Start: mb + 5, End: 2 * mb}}}, 3 * mb},
		{"with a hole and a wrong bit", &holes{flipped(b, 3*mb), []ranges.Range{{End: mb}}}, 3*mb - slice},
		{"nothing of it", &holes{b, []ranges.Range{{End: size}}}, 0},
		{"all of it", &holes{b, nil}, size},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *pipes) {
				d := open(t, folder(), Config{Connector: n})
				if _, err := d.Add(Request{File: file, Terms: Terms{From: tt.from}}); err != nil {
					t.Fatal(err)
				}
				sent := int64(0)
				if tt.used < size {
					d.until(file, "waiting", waiting)
					good := plant(t, n, file, b, treesOf(b))
					d.AddSources(file.SHA1, []transfer.Source{good.Source})
					defer func() {
						if sent = good.sent.Load(); sent < size-tt.used || sent > size-tt.used+probeBytes {
							t.Errorf("%d bytes were fetched, want %d", sent, size-tt.used)
						}
					}()
				}
				if s := d.want(file, Complete); !s.Adopted.Done || s.Adopted.Used != tt.used {
					t.Errorf("%+v, want %d used", s.Adopted, tt.used)
				}
				d.wantFile(file.Name, b)
			})
		})
	}
}
