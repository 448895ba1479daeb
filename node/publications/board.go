package publications

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"filbert/overlay/identity"
	"filbert/transfer/publication"
	"filbert/transfer/urn"
)

// Topics of the board.
const (
	Announcements = "publications" // by the name of the publication
	Haves         = "have"         // by the key of the ID
)

// ID names a publication in its group.
type ID struct {
	Publisher identity.PeerID
	Name      string
}

// key is the ID as a text.
func (id ID) key() string { return id.Publisher.String() + "/" + id.Name }

// parseID reads a key.
func parseID(key string) (id ID, ok bool) {
	const peer = 56
	if len(key) <= peer+1 || key[peer] != '/' {
		return ID{}, false
	}
	p, err := identity.ParsePeerID(key[:peer])
	id = ID{p, key[peer+1:]}
	return id, err == nil && publication.CheckName(id.Name) == nil
}

// announcement is what a publisher says of its newest version.
type announcement struct {
	Version  uint64     `json:"version"`
	Seconds  int64      `json:"time"`
	Files    int        `json:"files"`
	Bytes    int64      `json:"bytes"`
	Size     int64      `json:"manifest"` // of the manifest
	SHA1     urn.SHA1   `json:"-"`
	Blake3   urn.Blake3 `json:"-"`
	TextSHA1 string     `json:"sha1"`
	TextRoot string     `json:"blake3"`
}

var errAnnouncement = errors.New("publications: malformed announcement")

// encode is the announcement as it is put on the board.
func (a announcement) encode() []byte {
	a.TextSHA1, a.TextRoot = a.SHA1.String(), a.Blake3.String()
	b, err := json.Marshal(a)
	if err != nil {
		panic(err) // numbers and texts
	}
	return b
}

// parseAnnouncement reads what is on the board.
func parseAnnouncement(b []byte) (a announcement, err error) {
	if len(b) > maxAnnouncement || json.Unmarshal(b, &a) != nil {
		return announcement{}, errAnnouncement
	}
	sum, err := urn.ParseSHA1(a.TextSHA1)
	if err != nil {
		return announcement{}, fmt.Errorf("%w: %w", errAnnouncement, err)
	}
	root, err := urn.ParseBlake3(a.TextRoot)
	if err != nil {
		return announcement{}, fmt.Errorf("%w: %w", errAnnouncement, err)
	}
	a.SHA1, a.Blake3 = sum, root
	a.TextSHA1, a.TextRoot = "", ""
	switch {
	case a.Version < 1 || a.Version > publication.MaxVersion, a.Files < 0 || a.Files > publication.MaxFiles,
		a.Bytes < 0 || a.Bytes > publication.MaxBytes, a.Size < 1 || a.Size > publication.MaxManifest, !root.Known():
		return announcement{}, errAnnouncement
	}
	return a, nil
}

// time is when it was published, as its publisher says.
func (a announcement) time() time.Time { return time.Unix(a.Seconds, 0) }

// have is what a follower says that it has.
type have struct {
	Version uint64 `json:"version"`
	Percent int    `json:"percent"` // of that version
}

func (h have) encode() []byte {
	return fmt.Appendf(nil, `{"version":%d,"percent":%d}`, h.Version, h.Percent)
}

// parseHave reads what is on the board, and reports whether it makes sense.
func parseHave(b []byte) (h have, ok bool) {
	if len(b) > maxHave || json.Unmarshal(b, &h) != nil {
		return have{}, false
	}
	return h, h.Version >= 1 && h.Version <= publication.MaxVersion && h.Percent >= 0 && h.Percent <= 100
}
