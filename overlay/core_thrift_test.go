package overlay

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"filbert/overlay/wire"
)

// TestThrift: who saves bytes asks for hosts and tells changes of its table less often, and
// goes on as before afterwards. Whether neighbors live it asks as ever.
func TestThrift(t *testing.T) {
	w := newWorld(t, Config{Hasher: letters{}, Mode: ModeLeaf})
	a := w.joinsRouted(alice)
	counts := func(d time.Duration) (hosts, tables int) {
		a.inbox = nil
		before := w.core.View().Traffic.Sent.Pings // a is heard, so it is not asked whether it lives
		for range int(d / time.Minute) {
			w.step(&Routing{tableOf([]string{"blue", "green"}[int(w.now.Unix()/60)%2])})
			w.passWith(time.Minute, a)
		}
		for _, f := range a.inbox {
			if f.Type() == wire.TypeRoute {
				tables++
			}
		}
		return int(w.core.View().Traffic.Sent.Pings - before), tables
	}
	hosts, tables := counts(time.Hour)
	w.step(&Thrift{true})
	fewHosts, fewTables := counts(time.Hour)
	w.step(&Thrift{false})
	counts(30 * time.Minute) // what was put off is told
	again, tablesAgain := counts(time.Hour)
	if hosts < 55 || fewHosts < 11 || fewHosts > 14 || again < 55 {
		t.Errorf("asked for hosts %d times in an hour, %d to save bytes, %d afterwards", hosts, fewHosts, again)
	}
	if tables < 50 || fewTables < 5 || fewTables > 9 || tablesAgain < 50 {
		t.Errorf("told of tables %d times in an hour, %d to save bytes, %d afterwards", tables, fewTables, tablesAgain)
	}
}

// TestThriftOfDials: hosts that are gone are dialed a quarter as often, once there were
// many.
func TestThriftOfDials(t *testing.T) {
	var seeds []netip.AddrPort
	for i := range 2000 {
		seeds = append(seeds, netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(40 + i>>6), byte(i >> 8), byte(i), 1}), 7000))
	}
	w := newWorld(t, Config{Want: 3, Seeds: seeds})
	hour := func() (dials int) {
		for range int(time.Hour / time.Second) {
			w.pass(time.Second)
			for id, p := range w.peers {
				delete(w.peers, id)
				w.step(&Failed{Link: p.id, Err: errors.New("nobody answers")})
				dials++
			}
		}
		return dials
	}
	hour()
	usual := hour()
	w.step(&Thrift{true})
	few := hour()
	w.step(&Thrift{false})
	again := hour()
	if want := int(time.Hour / vainPause); usual < want-5 || usual > want+5 || few > want/4+5 || again < want-5 || again > want+5 {
		t.Errorf("%d dials in an hour, %d to save bytes, %d afterwards", usual, few, again)
	}
}
