package publications

import (
	"bytes"
	"strings"
	"testing"

	"filbert/overlay/identity"
	"filbert/transfer/publication"
	"filbert/transfer/urn"
)

func someAnnouncement() announcement {
	return announcement{Version: 7, Seconds: 1.7e9, Files: 3, Bytes: 99, Size: 500, SHA1: urn.SHA1{1}, Blake3: urn.Blake3{2}}
}

// TestAnnouncement reads what is written, and refuses what nobody announces.
func TestAnnouncement(t *testing.T) {
	a := someAnnouncement()
	if got, err := parseAnnouncement(a.encode()); err != nil || got != a {
		t.Errorf("%+v, %v", got, err)
	}
	for name, change := range map[string]func(a *announcement){
		"version 0":         func(a *announcement) { a.Version = 0 },
		"a late version":    func(a *announcement) { a.Version = publication.MaxVersion + 1 },
		"less than nothing": func(a *announcement) { a.Bytes = -1 },
		"too much":          func(a *announcement) { a.Bytes = publication.MaxBytes + 1 },
		"too many files":    func(a *announcement) { a.Files = publication.MaxFiles + 1 },
		"no manifest":       func(a *announcement) { a.Size = 0 },
		"a long manifest":   func(a *announcement) { a.Size = publication.MaxManifest + 1 },
		"no tree":           func(a *announcement) { a.Blake3 = urn.Blake3{} },
	} {
		a := someAnnouncement()
		change(&a)
		if _, err := parseAnnouncement(a.encode()); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	long := append(someAnnouncement().encode(), bytes.Repeat([]byte(" "), maxAnnouncement)...)
	if _, err := parseAnnouncement(long); err == nil {
		t.Error("a long one is read")
	}
}

// TestID reads the keys of publications.
func TestID(t *testing.T) {
	id := ID{identity.PeerID{1}, "Blue/Album"}
	if _, ok := parseID(id.key()); ok {
		t.Error("a name that is a path is read")
	}
	id.Name = "Blue Album"
	if got, ok := parseID(id.key()); !ok || got != id {
		t.Errorf("%v", got)
	}
	for _, key := range []string{"", "/", id.Publisher.String(), id.Publisher.String() + "/", strings.Repeat("a", 56) + "/x", "x" + id.key()} {
		if got, ok := parseID(key); ok {
			t.Errorf("%q is read as %v", key, got)
		}
	}
}

// FuzzBoard asserts of what others put on the board that it is in bounds, and written again
// reads the same.
func FuzzBoard(f *testing.F) {
	f.Add(someAnnouncement().encode())
	f.Add(have{3, 40}.encode())
	f.Add([]byte(`{"version":1,"percent":101}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := parseAnnouncement(b); err == nil {
			again, err := parseAnnouncement(a.encode())
			if err != nil || again != a {
				t.Errorf("%+v is read again as %+v, %v", a, again, err)
			}
		}
		if h, ok := parseHave(b); ok {
			again, ok := parseHave(h.encode())
			if !ok || again != h || h.Percent < 0 || h.Percent > 100 {
				t.Errorf("%+v is read again as %+v", h, again)
			}
		}
	})
}
