package natlab

import (
	"testing"

	"github.com/rs/zerolog"
)

// TestWithoutRelays: nobody relays. Between NATs that a hole leads through the file comes over
// one, opened by words through push proxies.
func TestWithoutRelays(t *testing.T) {
	oneProcessor(t)
	latest := 0.0
	for _, pair := range []Pair{
		{From: PortRestricted, To: PortRestricted}, {From: Symmetric, To: FullCone}, {From: CGNAT, To: PortRestricted},
	} {
		p := Config{Dir: t.TempDir(), Log: zerolog.Nop(), alone: true}.try(pair, t.TempDir())
		if !p.Equal || p.Path != Punch || p.Theory != Punch {
			t.Errorf("%v gets it from %v by %v: %s", p.From, p.To, p.Path, p.Reason)
		}
		latest = max(latest, p.First)
	}
	if latest > 3 {
		t.Errorf("64 KiB are here after %.2f s", latest)
	}
}
