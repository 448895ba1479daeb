package crawl

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filbert/overlay/wire"
)

func captured(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "gtk-gnutella-1.2.3-"+name+".bin"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestGtkGnutellaHeader reads what gtk-gnutella answers to a crawler's header.
func TestGtkGnutellaHeader(t *testing.T) {
	a, err := readAnswer(bufio.NewReader(bytes.NewReader(captured(t, "crawler"))), now)
	r := a.report
	if err != nil || !a.lists || r.Role != Ultrapeer || !strings.HasPrefix(r.Agent, "gtk-gnutella/1.2.3") || r.Uptime == 0 ||
		!slices.Equal(r.Ultrapeers, listed("203.0.113.2:6346")) || !slices.Equal(r.Leaves, listed("203.0.113.3:6346")) {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestGtkGnutellaCrawlerPong reads its answers to crawler pings: all neighbors
// and agents, asked with features 18; and with 0b, connection times too.
func TestGtkGnutellaCrawlerPong(t *testing.T) {
	for name, want := range map[string][]Listed{"lime6-18": listed("203.0.113.2:6346", "203.0.113.3:6346"), "lime6-0b": listed("203.0.113.1:6346")} {
		f, rest, err := wire.SplitFrame(captured(t, name))
		if err != nil || len(rest) != 0 {
			t.Fatal(err)
		}
		m, err := wire.Parse(f.Type(), f.Payload())
		v, ok := m.(*wire.Vendor)
		if err != nil || !ok || v.ID != wire.VendorCrawlerPong {
			t.Fatalf("%s: %v, %v", name, m, err)
		}
		r, err := parseCrawlerPong(v.Data)
		got := slices.Concat(r.Ultrapeers, r.Leaves)
		for i := range got {
			if program(got[i].Agent) != "gtk-gnutella" {
				t.Errorf("%s: %v is %q", name, got[i].Addr, got[i].Agent)
			}
			got[i].Agent = ""
		}
		if err != nil || !slices.Equal(got, want) || !strings.HasPrefix(r.Agent, "gtk-gnutella/") {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}
