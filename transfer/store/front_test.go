package store_test

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"filbert/transfer"
	"filbert/transfer/store"
	"filbert/transfer/store/faultfs"
)

// TestFrontIsHashedAnew: what was hashed on arrival and written again since is
// not taken for what it was, whether its memory was lent or it is read back.
// Between two writes everything is hashed that can be, or nothing; memory that
// came back is scribbled over.
func TestFrontIsHashedAnew(t *testing.T) {
	const size = 1 << 20
	right := make([]byte, size)
	rand.NewChaCha8([32]byte{5}).Read(right)
	wrong := bytes.Clone(right)
	wrong[1000] ^= 1
	for name, c := range map[string]struct {
		writes [][]byte // the whole file, each time
		from   int      // in all but the first
		want   error
	}{
		"as it came":             {[][]byte{right}, 0, nil},
		"wrong":                  {[][]byte{wrong}, 0, store.ErrVerification},
		"wrong, then right":      {[][]byte{wrong, right}, 0, nil},
		"right, then wrong":      {[][]byte{right, wrong}, 0, store.ErrVerification},
		"wrong, the end again":   {[][]byte{wrong, right}, size / 2, store.ErrVerification},
		"right, the end again":   {[][]byte{right, right}, size / 2, nil},
		"right, wrong and right": {[][]byte{right, wrong, right}, 0, nil},
	} {
		for _, how := range []struct {
			name       string
			lent, idle bool
		}{{"read back", false, true}, {"lent", true, true}, {"lent in a hurry", true, false}} {
			t.Run(name+", "+how.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, err := store.New(store.Config{FS: faultfs.New(faultfs.Config{}), Folder: "/"})
					if err != nil {
						t.Fatal(err)
					}
					p, err := s.Open(transfer.File{Name: "f", Size: size, SHA1: sha1.Sum(right)}, "")
					if err != nil {
						t.Fatal(err)
					}
					defer p.Close()
					back := make(chan []byte, 100)
					for i, b := range c.writes {
						from := 0
						if i > 0 {
							from = c.from
						}
						for at := from; at < size; at += 100_000 {
							piece := b[at:min(at+100_000, size)]
							if how.lent {
								_, err = p.WriteLent(bytes.Clone(piece), int64(at), back)
							} else {
								_, err = p.WriteAt(piece, int64(at))
							}
							if err != nil {
								t.Fatal(err)
							}
							if how.idle {
								synctest.Wait()
							}
							for len(back) > 0 {
								clear(<-back)
							}
						}
					}
					if _, err := p.Complete(t.Context(), nil); !errors.Is(err, c.want) {
						t.Errorf("%v, want %v", err, c.want)
					}
				})
			})
		}
	}
}
