package bench

import (
	"slices"
	"testing"

	"filbert/overlay/wire"
)

// afterHop is a message as its receivers get it.
func afterHop(m *messages, sender int, number int64) wire.Frame {
	f := wire.Frame(m.appendTo(nil, sender, number))
	f.SetTTL(f.TTL()-1, f.Hops()+1)
	return f
}

func TestMessagesAreRecognised(t *testing.T) {
	for _, size := range []int{minSize, 100, maxSize} {
		m := newMessages(8, size)
		for _, sender := range []int{0, 1, 7} {
			for _, number := range []int64{0, 1, 255, 1 << 20, 1<<numberBits - 1} {
				f := afterHop(&m, sender, number)
				if len(f) != size {
					t.Fatalf("a message is %d bytes long, want %d", len(f), size)
				}
				if s, n, ok := m.recognise(f); !ok || s != sender || n != number {
					t.Errorf("message %d of %d is taken for %d of %d, %v", number, sender, n, s, ok)
				}
			}
		}
	}
}

// TestMessagesAreQueries has others read them.
func TestMessagesAreQueries(t *testing.T) {
	m := newMessages(8, 100)
	f, rest, err := wire.SplitFrame(m.appendTo(nil, 3, 77))
	if err != nil || len(rest) > 0 {
		t.Fatalf("no whole frame: %v, %d bytes left", err, len(rest))
	}
	if g := f.GUID(); g[8] != 0xFF || g[15] != 0 {
		t.Errorf("GUID %v is not that of a modern servent", g)
	}
	flags, text, ext, err := wire.QueryText(f.Payload())
	if err != nil || flags != wire.FlagMark || len(text) != 100-wire.HeaderLen-3 || len(ext) > 0 {
		t.Errorf("query with flags %x, text %q, extensions %q, %v", flags, text, ext, err)
	}
}

// TestHarmIsNoticed changes every byte of a message in turn.
func TestHarmIsNoticed(t *testing.T) {
	m := newMessages(8, 100)
	f := afterHop(&m, 3, 77)
	const offType, afterType = 16, 17 // by its type a message is told from others before
	for i := range f {
		if i >= offType && i < afterType || i >= wire.HeaderLen-4 && i < wire.HeaderLen {
			continue // type and length are what made it a frame of this kind
		}
		for _, flip := range []byte{1, 0x80, 0xFF} {
			harmed := slices.Clone(f)
			harmed[i] ^= flip
			if s, n, ok := m.recognise(harmed); ok {
				t.Errorf("with byte %d changed it passes for message %d of %d", i, n, s)
			}
		}
	}
	if _, _, ok := m.recognise(f[:len(f)-1]); ok {
		t.Error("a cut message passes")
	}
	foreign := newMessages(9, 100)
	if _, _, ok := m.recognise(afterHop(&foreign, 8, 1)); ok {
		t.Error("a message of a sender that does not exist passes")
	}
}

func BenchmarkMessages(b *testing.B) {
	m := newMessages(8, 100)
	buf := make([]byte, 0, 100)
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		f := wire.Frame(m.appendTo(buf, 3, i))
		f.SetTTL(f.TTL()-1, f.Hops()+1)
		if _, n, ok := m.recognise(f); !ok || n != i {
			b.Fatal("not recognised")
		}
	}
}
