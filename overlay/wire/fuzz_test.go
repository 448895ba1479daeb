package wire

import (
	"bytes"
	"errors"
	"net/netip"
	"reflect"
	"runtime"
	"testing"

	"filbert/overlay/wire/ggep"
)

func FuzzPing(f *testing.F)     { fuzzMessage(f, TypePing) }
func FuzzPong(f *testing.F)     { fuzzMessage(f, TypePong) }
func FuzzBye(f *testing.F)      { fuzzMessage(f, TypeBye) }
func FuzzPush(f *testing.F)     { fuzzMessage(f, TypePush) }
func FuzzQuery(f *testing.F)    { fuzzMessage(f, TypeQuery) }
func FuzzQueryHit(f *testing.F) { fuzzMessage(f, TypeQueryHit) }
func FuzzRoute(f *testing.F)    { fuzzMessage(f, TypeRoute) } // resets and patches
func FuzzVendor(f *testing.F)   { fuzzMessage(f, TypeVendor) }
func FuzzStandard(f *testing.F) { fuzzMessage(f, TypeStandard) }
func FuzzHSEP(f *testing.F)     { fuzzMessage(f, TypeHSEP) }
func FuzzOpaque(f *testing.F)   { fuzzMessage(f, 0x42) }

// fuzzMessage decodes payloads of one type: what can be decoded encodes to what
// decodes to the same, and nothing allocates out of proportion.
func fuzzMessage(f *testing.F, typ Type) {
	frames := goldenFrames(f)
	for _, file := range captures(f) {
		frames = append(frames, captured(f, file)...)
	}
	for _, d := range datagrams(f) {
		frames = append(frames, d.frame)
	}
	for _, frame := range frames {
		if frame.Type() == typ || typ == TypeStandard && frame.Type() == TypeVendor || typ == 0x42 && len(frame) < 50 {
			f.Add(frame.Payload())
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if len(payload) > MaxPayload {
			return
		}
		input := bytes.Clone(payload)
		var msg Message
		var err error
		spent := allocated(func() {
			msg, err = Parse(typ, payload)
			look(msg)
		})
		if limit := 16*uint64(len(payload)) + 64<<10; spent > limit {
			t.Errorf("%d bytes allocated for a payload of %d", spent, len(payload))
		}
		if err != nil {
			var fault *FormatError
			if !errors.As(err, &fault) || fault.Type != typ || fault.Class != ClassDrop || msg != nil ||
				fault.Offset < HeaderLen || fault.Offset > HeaderLen+len(payload) {
				t.Errorf("message %v, error %#v", msg, err)
			}
			return
		}
		if msg.Type() != typ {
			t.Errorf("decoded to a %v", msg.Type())
		}
		first := msg.AppendTo(nil)
		again, err := Parse(typ, first)
		if err != nil {
			t.Fatalf("%x, encoded again %x: %v", payload, first, err)
		}
		if !reflect.DeepEqual(msg, again) {
			t.Errorf("decoded\n%+v\nencoded and decoded again\n%+v", msg, again)
		}
		if !bytes.Equal(first, payload) && !reencodes(msg) {
			t.Errorf("%x encodes to %x", payload, first)
		}
		if !bytes.Equal(payload, input) {
			t.Errorf("decoding changed the payload")
		}
	})
}

// reencodes tells the messages that may encode to other bytes than they came
// from: a Bye without its NUL, and a hit telling a size twice.
func reencodes(msg Message) bool {
	switch m := msg.(type) {
	case *Bye:
		return m.Rest == nil
	case *QueryHit:
		for _, r := range m.Records {
			if r.Size >= minLarge {
				return true
			}
		}
	}
	return false
}

// look asks a message for everything its receiver may want to know.
func look(msg Message) {
	var area []byte
	switch m := msg.(type) {
	case *Ping:
		m.SCP()
		m.GGEP()
		m.Info()
	case *Pong:
		m.GGEP()
		m.Info()
	case *Push:
		m.GGEP()
		m.Target()
	case *Vendor:
		m.MessagesSupported()
		m.Features()
		m.HopsFlow()
		m.ConnectBack(GUID{})
		m.Redirect()
		m.ProxyAnswer()
		m.StatusResponse()
		m.HeadPing()
		m.OOBOffer()
		m.OOBClaim()
		m.CrawlerPing()
	case *Query:
		if n := m.Flags.Normal(); n != n.Normal() {
			panic("normal flags are not normal")
		}
		area = m.Ext
		EditGGEP(area, []string{ggep.NoProxy}, ggep.Extension{ID: ggep.SecureOOB})
	case *QueryHit:
		m.Trailer.GGEP()
		m.Trailer.PushProxies()
		m.Trailer.Relayed()
		m.Trailer.Token()
		for _, r := range m.Records {
			for range SHA1s(r.Ext) {
			}
		}
	}
	for range SHA1s(area) {
	}
}

// allocated returns how many bytes f allocates. Others allocate in this process
// too, so the least of some tries counts.
func allocated(f func()) uint64 {
	least := ^uint64(0)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		if least = min(least, after.TotalAlloc-before.TotalAlloc); least < 64<<10 {
			break
		}
	}
	return least
}

// FuzzPongInfo: what a pong tells of its host fits into a pong again.
func FuzzPongInfo(f *testing.F) {
	for _, frame := range goldenFrames(f) {
		if frame.Type() == TypePong {
			f.Add(frame.Payload()[pongLen:])
		}
	}
	f.Add(HostInfo{IPv6: netip.MustParseAddr("2001:db8::1"), Hosts: []PackedHost{
		{Addr: addr("[2001:db8::2]:6346")}, {Addr: addr("[2001:db8::3]:6347"), TLS: true},
	}}.AppendTo(nil))
	f.Fuzz(func(t *testing.T, block []byte) {
		if len(block) > MaxTail {
			return
		}
		info := (&Pong{Ext: block}).Info()
		if len(info.Hosts) > 2*MaxPackedHosts {
			t.Errorf("%d hosts", len(info.Hosts))
		}
		again := (&Pong{Ext: info.AppendTo(nil)}).Info()
		if !reflect.DeepEqual(info, again) {
			t.Errorf("told\n%+v\ntold again\n%+v", info, again)
		}
	})
}

// FuzzExtensions: the blocks of an area are in it, in order, with nothing but
// separators between them, unless there are too many.
func FuzzExtensions(f *testing.F) {
	for _, v := range messageVectors() {
		switch m := v.msg.(type) {
		case *Query:
			f.Add(m.Ext)
		case *QueryHit:
			f.Add(m.Records[0].Ext)
		}
	}
	f.Add([]byte("urn:sha1:x\x1c\xc3\x01<xml/>\x00{deflate}\x1cunknown"))
	f.Fuzz(func(t *testing.T, area []byte) {
		rest, count := area, 0
		for x := range Extensions(area) {
			i := bytes.Index(rest, x.Raw)
			if len(x.Raw) == 0 || i < 0 || len(bytes.Trim(rest[:i], "\x00\x1c")) > 0 {
				t.Fatalf("%q does not follow in %q", x.Raw, rest)
			}
			rest = rest[i+len(x.Raw):]
			count++
		}
		if count > MaxExtensions || count < MaxExtensions && len(bytes.Trim(rest, "\x00\x1c")) > 0 {
			t.Errorf("%d blocks, %q is left", count, rest)
		}
	})
}
