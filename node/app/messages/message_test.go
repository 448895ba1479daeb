package messages

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"filbert/overlay/identity"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// who is an identity made of a number.
func who(t testing.TB, n byte) *identity.Identity {
	t.Helper()
	id, err := identity.New(bytes.NewReader(bytes.Repeat([]byte{n}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// writes is a message of somebody.
func writes(t testing.TB, from *identity.Identity, to identity.PeerID, last uint64, text string, now time.Time) Message {
	t.Helper()
	m, err := write(from, To(to), last, text, now)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMessageBytes: the layout stays, and is read as it was written.
func TestMessageBytes(t *testing.T) {
	anna, boris := who(t, 1), who(t, 2)
	m := writes(t, anna, boris.PeerID(), 7, "hi", time.UnixMicro(0x0102))
	b := m.AppendTo(nil)
	a, c := anna.PeerID(), boris.PeerID()
	want := "01" + hex.EncodeToString(c[:]) + hex.EncodeToString(a[:]) + "0000000000000007" + "0000000000000102" + "6869"
	if got := hex.EncodeToString(b[:len(b)-signatureLen]); got != want || len(b) != headerLen+2+signatureLen {
		t.Errorf("%s\nwant %s", got, want)
	}
	got, err := Parse(b)
	if err != nil || got != m || !got.Genuine() {
		t.Errorf("%+v, %v", got, err)
	}
	if again := writes(t, anna, boris.PeerID(), m.Sequence, "ho", time.UnixMicro(1)); again.Sequence != m.Sequence+1 || again.Previous != m.Sequence {
		t.Errorf("a clock that went back: %+v", again)
	}
}

// TestForgeries: whatever bit is changed, the author did not write it.
func TestForgeries(t *testing.T) {
	m := writes(t, who(t, 1), who(t, 2).PeerID(), 0, "see you at eight", noon)
	b := m.AppendTo(nil)
	for bit := range len(b) * 8 {
		lie := bytes.Clone(b)
		lie[bit/8] ^= 1 << (bit % 8)
		if got, err := Parse(lie); err == nil && got.Genuine() {
			t.Errorf("bit %d can be changed", bit)
		}
	}
}

// TestTexts: what is no text is neither written nor read.
func TestTexts(t *testing.T) {
	for _, text := range []string{"", strings.Repeat("a", MaxText+1), "\xff"} {
		if _, err := write(who(t, 1), Conversation{}, 0, text, noon); !errors.Is(err, ErrText) {
			t.Errorf("%.5q: %v", text, err)
		}
		m := writes(t, who(t, 1), who(t, 2).PeerID(), 0, "x", noon)
		m.Text = text
		if _, err := Parse(m.AppendTo(nil)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%.5q is read: %v", text, err)
		}
	}
	writes(t, who(t, 1), who(t, 2).PeerID(), 0, strings.Repeat("ä", MaxText/2), noon)
}

func FuzzMessage(f *testing.F) {
	m := writes(f, who(f, 1), who(f, 2).PeerID(), 3, "hello\n\x1b[31m", noon)
	f.Add(m.AppendTo(nil))
	f.Add(m.AppendTo(nil)[:headerLen+signatureLen+1])
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		if got := m.AppendTo(nil); !bytes.Equal(got, b) {
			t.Fatalf("%x is written as %x", b, got)
		}
		if CheckText(m.Text) != nil || m.Previous >= m.Sequence {
			t.Fatalf("%+v was taken", m)
		}
	})
}

func FuzzFrame(f *testing.F) {
	m := writes(f, who(f, 1), who(f, 2).PeerID(), 3, "hello", noon)
	f.Add(appendAnswer(appendFrame(appendHello(nil, 7000), frameMessage, m.AppendTo(nil)), m.Sequence, full))
	f.Add([]byte{9, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, buf := bytes.NewReader(b), make([]byte, maxMessage)
		for {
			before := len(b) - r.Len()
			kind, body, err := readFrame(r, buf)
			if err != nil {
				return
			}
			if got := appendFrame(nil, kind, body); !bytes.Equal(got, b[before:len(b)-r.Len()]) {
				t.Fatalf("%x is written as %x", b[before:len(b)-r.Len()], got)
			}
		}
	})
}
