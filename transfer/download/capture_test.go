package download

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"testing"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/urn"
)

// captured is what gtk-gnutella 1.2.3 shared when it was recorded: SHA-256 of
// "SEED:0", of "SEED:1" and so on, cut to size.
func captured(t *testing.T, name, seed, sha1 string, size int) (transfer.File, []byte) {
	t.Helper()
	var b []byte
	for i := 0; len(b) < size; i++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s:%d", seed, i))
		b = append(b, sum[:]...)
	}
	id, err := urn.ParseSHA1(sha1)
	if err != nil {
		t.Fatal(err)
	}
	return transfer.File{Name: name, Size: int64(size), SHA1: id}, b[:size]
}

// answersOf cuts a recording into the answers in it.
func answersOf(t testing.TB, file string) [][]byte {
	t.Helper()
	recorded, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var answers [][]byte
	start := []byte("HTTP/1.1 2")
	for len(recorded) > 0 {
		next := bytes.Index(recorded[1:], start)
		if next < 0 {
			return append(answers, recorded)
		}
		answers = append(answers, recorded[:next+1])
		recorded = recorded[next+1:]
	}
	return answers
}

// TestGtkGnutella plays back, byte for byte, what a real servent answered.
func TestGtkGnutella(t *testing.T) {
	medium, mediumBytes := captured(t, "interop bravo medium.bin", "bravo-medium", "7TLUIEAGH75FAYYGBMXDDK3PGUU6N6KC", 300000)
	small, smallBytes := captured(t, "interop alpha small.bin", "alpha-small", "B5DPAQQV2LQAG5IGEMC5FTP267BABMZQ", 5000)
	for _, c := range []struct {
		file      transfer.File
		bytes     []byte
		recording string
		asked     []ranges.Range
	}{
		{medium, mediumBytes, "testdata/gtk-gnutella-ranges.bin", []ranges.Range{{Start: 0, End: 300000}, {Start: 65536, End: 300000}, {Start: 131072, End: 300000}}},
		{small, smallBytes, "testdata/gtk-gnutella-whole.bin", []ranges.Range{{Start: 0, End: 5000}}},
	} {
		t.Run(c.file.Name, func(t *testing.T) {
			onNetworks(t, func(t *testing.T, n network) {
				answers := answersOf(t, c.recording)
				gtkg := newServent(t, n, c.file, func(w net.Conn, _ *http.Request, _ ranges.Range, count int) bool {
					w.Write(answers[count-1])
					return true
				})
				d := open(t, folder(), Config{Connector: n})
				d.add(c.file, gtkg.Source)
				d.want(c.file, Complete)
				d.wantFile(c.file.Name, c.bytes)
				if got := gtkg.requests(); !slices.Equal(got, c.asked) || gtkg.conns != 1 {
					t.Errorf("asked %v over %d connections, want %v over one", got, gtkg.conns, c.asked)
				}
			})
		})
	}
}
