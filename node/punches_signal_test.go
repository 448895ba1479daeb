package node

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"filbert/nat/punch"
)

// TestSignal carries words both ways, and gives up in time.
func TestSignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer here.Close()
		defer there.Close()
		a, b := &signal{here, bufio.NewReader(here)}, &signal{there, bufio.NewReader(there)}
		for _, word := range [][]byte{{}, []byte("offer"), make([]byte, maxPunchWord)} {
			sent := make(chan error, 1)
			go func() { sent <- a.Send(t.Context(), word) }()
			if got, err := b.Receive(t.Context()); err != nil || !bytes.Equal(got, word) || <-sent != nil {
				t.Errorf("said %d bytes, heard %d, %v", len(word), len(got), err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("silence: %v", err)
		}
		if err := a.Send(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("too late: %v", err)
		}
		here.SetDeadline(time.Time{})
		go func() { here.Write([]byte{0xff, 0xff}) }()
		if _, err := b.Receive(t.Context()); err == nil {
			t.Error("a word of 65,535 bytes is taken")
		}
	})
}

// FuzzPunchWord reads what a peer says about a path: never more than the cap.
func FuzzPunchWord(f *testing.F) {
	f.Add([]byte{0, 3, 'a', 'b', 'c'})
	f.Add([]byte{0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		word, err := readWord(bytes.NewReader(b))
		if err == nil && (len(word) > maxPunchWord || !bytes.Equal(b[2:2+len(word)], word)) {
			t.Errorf("read %x of %x", word, b)
		}
	})
}

// TestMapping tells a NAT by what neighbors see, and which ports it gives next.
func TestMapping(t *testing.T) {
	at := netip.MustParseAddrPort
	for _, test := range []struct {
		name  string
		seen  []netip.AddrPort
		is    punch.Dependence
		delta int16
		first netip.AddrPort // of the ports that follow
	}{
		{"nobody answered", nil, punch.Unknown, 0, netip.AddrPort{}},
		{"one tells nothing", []netip.AddrPort{at("9.1.1.1:7000")}, punch.Unknown, 0, netip.AddrPort{}},
		{"two agree", []netip.AddrPort{at("9.1.1.1:7000"), at("9.1.1.1:7000")}, punch.Independent, 0, netip.AddrPort{}},
		{"at random", []netip.AddrPort{at("9.1.1.1:5000"), at("9.1.1.1:5009")}, punch.OnAddrPort, 0, netip.AddrPort{}},
		{"at random, down", []netip.AddrPort{at("9.1.1.1:5009"), at("9.1.1.1:5000")}, punch.OnAddrPort, 0, netip.AddrPort{}},
		{"two addresses", []netip.AddrPort{at("9.1.1.2:5001"), at("9.1.1.1:5000")}, punch.OnAddrPort, 0, netip.AddrPort{}},
		{"counted", []netip.AddrPort{at("9.1.1.1:5000"), at("9.1.1.1:5008")}, punch.OnAddrPort, 8, at("9.1.1.1:5016")},
		{"counted down", []netip.AddrPort{at("9.1.1.1:5001"), at("9.1.1.1:5000")}, punch.OnAddrPort, -1, at("9.1.1.1:4999")},
	} {
		if is := mappingOf(test.seen); is != test.is {
			t.Errorf("%s: %v, want %v", test.name, is, test.is)
		}
		if len(test.seen) < 2 {
			continue
		}
		delta, next := countedPorts(test.seen[0], test.seen[1])
		if delta != test.delta || test.first.IsValid() != (len(next) == predictedPorts) || len(next) > 0 && next[0].Addr != test.first {
			t.Errorf("%s: %d, %v, want %d, %v", test.name, delta, next, test.delta, test.first)
		}
	}
}

// TestSeenWait: who is near has less time to say where it sees us; who is not known to be,
// all of it.
func TestSeenWait(t *testing.T) {
	for rtt, want := range map[time.Duration]time.Duration{
		0: seenTimeout, 1: minSeenTimeout + 2, 80 * time.Millisecond: 1160 * time.Millisecond, time.Second: seenTimeout,
	} {
		if wait := seenWait(rtt); wait != want {
			t.Errorf("round trip %v: %v, want %v", rtt, wait, want)
		}
	}
}
