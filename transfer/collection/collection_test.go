package collection

import (
	"errors"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"filbert/transfer"
	"filbert/transfer/urn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const sha1 = "KDCXMG3YLXQIVA2DRN5VRYXS3QX7B2B2"

// album is a collection as people pass it on, by editors of any system.
const album = "\ufeff#filbert-collection 1\r\n#name Blue/ Album\u202e\r\n\r\n# the first disc\r\n" +
	"magnet:?xt=urn:sha1:" + sha1 + "&xl=7&dn=disc%201%2F01%20Sky.ogg&xs=http://9.1.1.1:7000/uri-res/N2R?urn:sha1:" + sha1 + "\r\n" +
	"magnet:?xt=urn:sha1:" + sha1 + "&xl=0&dn=cover.txt"

func TestParse(t *testing.T) {
	c, err := Parse([]byte(album))
	if err != nil || c.Name != "Blue_ Album" || len(c.Files) != 2 || c.Files[0].Path != "disc 1/01 Sky.ogg" || c.Files[0].Size != 7 ||
		len(c.Files[0].Sources) != 1 || !c.Files[1].URN.HasSHA1 {
		t.Fatalf("%+v, %v", c, err)
	}
	again, err := Parse(c.AppendTo(nil))
	if err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("%+v, %v; want %+v", again, err, c)
	}
	link := func(size, name string) string {
		return "magnet:?xt=urn:sha1:" + sha1 + "&xl=" + size + "&dn=" + name + "\n"
	}
	for text, want := range map[string]string{
		"":                      "names no file",
		"#filbert-collection 1": "names no file",
		"#filbert-collection 2\n" + link("1", "a"): `line 1: version "2"`,
		"\n# x\nhello": "line 3: want a magnet link",
		"magnet:?xt=urn:tree:tiger:" + strings.Repeat("B", 38) + "A&xl=1": "line 1: the link names no SHA-1",
		"magnet:?xt=urn:sha1:" + sha1:                                     "how long the file is",
		link("x", "a"):                                                    "line 1",
		link("1", strings.Repeat("n", maxPath+1)):                         "too long",
		link("1", strings.Repeat("d/", maxDepth)+"n"):                     "too deep",
		strings.Repeat(link("1", "a"), MaxFiles+1):                        fmt.Sprintf("line %d: more than %d files", MaxFiles+1, MaxFiles),
		strings.Repeat("#", MaxText+1):                                    "too many",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	if _, err := Parse(nil); !errors.Is(err, ErrEmpty) {
		t.Errorf("no text: %v", err)
	}
	if c, err := Parse([]byte(strings.Repeat(link("1", "a/"+strings.Repeat("n", maxPath-2)), MaxFiles))); err != nil || len(c.Files) != MaxFiles {
		t.Errorf("as many files as may be: %d, %v", len(c.Files), err)
	}
}

// TestAppendLong leaves out sources rather than write what is not read.
func TestAppendLong(t *testing.T) {
	c := Collection{Files: []File{{Path: strings.Repeat("é", maxPath/2), Size: 1, URN: urn.URN{HasSHA1: true}, Sources: []string{"http://x/" + strings.Repeat("y", maxLink)}}}}
	again, err := Parse(c.AppendTo(nil))
	if err != nil || len(again.Files[0].Sources) != 0 || again.Files[0].Path != c.Files[0].Path {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestLayout(t *testing.T) {
	for _, tt := range []struct{ in, want []string }{
		{[]string{"disc 1/01 Sky.ogg", `disc 1\02 Sea.ogg`, "cover.txt"}, []string{"disc 1/01 Sky.ogg", "disc 1/02 Sea.ogg", "cover.txt"}},
		{[]string{"../../etc/passwd", "/etc/passwd", `C:\x`, "..", "", "."}, []string{"etc/passwd", "etc/passwd (2)", "C_/x", "unnamed", "unnamed (2)", "unnamed (3)"}},
		{[]string{"a.txt", "A.TXT", "a.txt"}, []string{"a.txt", "A (2).TXT", "a (3).txt"}},
		{[]string{"a", "A/b", "a/C"}, []string{"a (2)", "A/b", "A/C"}},
		{[]string{"CON/NUL.txt", ".ssh/.x", "x\u202egpj.exe", "a . /b. "}, []string{"_CON/_NUL.txt", "_ssh/_x", "xgpj.exe", "a/b"}},
		{[]string{"a (2)", "a", "a"}, []string{"a (2)", "a", "a (3)"}},
	} {
		var c Collection
		for _, p := range tt.in {
			c.Files = append(c.Files, File{Path: p})
		}
		if got := c.Layout(); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

// checkLayout holds a layout against all that is promised of it.
func checkLayout(t *testing.T, c Collection) {
	t.Helper()
	files, folders := map[string]bool{}, map[string]bool{}
	for i, p := range c.Layout() {
		if path.Clean(p) != p || path.IsAbs(p) || files[fold(p)] {
			t.Errorf("%q becomes %q", c.Files[i].Path, p)
		}
		files[fold(p)] = true
		for _, part := range strings.Split(p, "/") {
			if transfer.SafeName(part) != part || part == ".." {
				t.Errorf("%q has %q in it", p, part)
			}
		}
		for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
			folders[fold(dir)] = true
		}
	}
	for p := range files {
		if folders[p] {
			t.Errorf("%q is a file and a folder", p)
		}
	}
}

// FuzzParse wants what is read to be written and read alike, and to lie in one
// folder under names that no system misreads.
func FuzzParse(f *testing.F) {
	f.Add([]byte(album))
	f.Add([]byte("magnet:?xt=urn:sha1:" + sha1 + "&xl=1&dn=..%2F..%5CCON%00\nmagnet:?xt=urn:sha1:" + sha1 + "&xl=1&dn=a%2Fb\nmagnet:?xt=urn:sha1:" + sha1 + "&xl=1&dn=A"))
	f.Add([]byte("#filbert-collection 9"))
	f.Add([]byte("#name \xff\n#name x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse(text)
		if err != nil {
			if len(c.Files) > 0 {
				t.Errorf("%d files along with %v", len(c.Files), err)
			}
			return
		}
		if len(c.Files) > MaxFiles || c.Name != "" && transfer.SafeName(c.Name) != c.Name {
			t.Errorf("%d files named %q", len(c.Files), c.Name)
		}
		checkLayout(t, c)
		for i := range c.Files { // those that do not fit are left out
			c.Files[i].Sources = nil
		}
		again, err := Parse(c.AppendTo(nil))
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("%+v is read again as %+v, %v", c, again, err)
		}
	})
}
