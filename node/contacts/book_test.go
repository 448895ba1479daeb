package contacts

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"filbert/node/state"
	"filbert/overlay/identity"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	own   = identity.PeerID{1}
	kim   = identity.PeerID{2}
	boris = identity.PeerID{3}
	noon  = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
)

func open(t *testing.T, kept state.Bucket) *Book {
	t.Helper()
	b, err := Open(kept, own)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func named(name string) Change   { return Change{Name: &name} }
func trusted(level Trust) Change { return Change{Trust: &level} }
func (b *Book) shown() (s string) {
	for _, c := range b.List() {
		s += fmt.Sprintf("%x %s %v %s;", c.Peer[:1], c.Name, c.Trust, c.Since.Format("15:04"))
	}
	return s
}

// TestBook is a user at work; after each step the book is read again from the disk.
func TestBook(t *testing.T) {
	kept := state.Memory().Bucket("contacts")
	for _, step := range []struct {
		what string
		do   func(b *Book) error
		err  error
		want string
	}{
		{"trust without a name", func(b *Book) error { _, err := b.Set(boris, trusted(Blocked), noon); return err }, nil, "03  blocked 12:00;"},
		{"a name", func(b *Book) error { _, err := b.Set(kim, named("Kim"), noon.Add(time.Hour)); return err }, nil, "02 Kim known 13:00;03  blocked 12:00;"},
		{"the name of another", func(b *Book) error { _, err := b.Set(boris, named("kim"), noon); return err }, ErrTaken, "02 Kim known 13:00;03  blocked 12:00;"},
		{"other letters of the same", func(b *Book) error { _, err := b.Set(kim, named("kim"), noon); return err }, nil, "02 kim known 13:00;03  blocked 12:00;"},
		{"trust keeps the name", func(b *Book) error { _, err := b.Set(kim, trusted(Trusted), noon); return err }, nil, "02 kim trusted 13:00;03  blocked 12:00;"},
		{"no name", func(b *Book) error { _, err := b.Set(boris, named("12"), noon); return err }, ErrName, "02 kim trusted 13:00;03  blocked 12:00;"},
		{"itself", func(b *Book) error { _, err := b.Set(own, named("me"), noon); return err }, ErrSelf, "02 kim trusted 13:00;03  blocked 12:00;"},
		{"the name away", func(b *Book) error { _, err := b.Set(kim, named(""), noon); return err }, nil, "02  trusted 13:00;03  blocked 12:00;"},
		{"which is free now", func(b *Book) error { _, err := b.Set(boris, named("kim"), noon); return err }, nil, "03 kim blocked 12:00;02  trusted 13:00;"},
		{"forget", func(b *Book) error { _, err := b.Forget(boris); return err }, nil, "02  trusted 13:00;"},
		{"and name again", func(b *Book) error { _, err := b.Set(kim, named("kim"), noon); return err }, nil, "02 kim trusted 13:00;"},
	} {
		b := open(t, kept)
		if err := step.do(b); !errors.Is(err, step.err) {
			t.Errorf("%s: %v, want %v", step.what, err, step.err)
		}
		if got := b.shown(); got != step.want {
			t.Errorf("%s: %s, want %s", step.what, got, step.want)
		}
		if got := open(t, kept).shown(); got != step.want {
			t.Errorf("%s, read again: %s, want %s", step.what, got, step.want)
		}
	}
}

// TestLookUp finds contacts by all they are known by, and nobody by what is gone.
func TestLookUp(t *testing.T) {
	b := open(t, state.Memory().Bucket("contacts"))
	for peer, name := range map[identity.PeerID]string{kim: "Kim", boris: ""} {
		if _, err := b.Set(peer, Change{Name: &name}, noon); err != nil {
			t.Fatal(err)
		}
	}
	if c, ok := b.Named("KIM"); !ok || c.Peer != kim {
		t.Errorf("KIM is %v, %t", c, ok)
	}
	if c, ok := b.Servent(boris.GUID()); !ok || c.Peer != boris || b.Blocks(boris.GUID()) {
		t.Errorf("by GUID %v, %t", c, ok)
	}
	if c, ok := b.Named(""); ok {
		t.Errorf("nobody is %v", c)
	}
	if _, err := b.Set(boris, trusted(Blocked), noon); err != nil || !b.Blocks(boris.GUID()) || b.Blocks(kim.GUID()) || b.Blocks([16]byte{}) {
		t.Errorf("blocked: %v", err)
	}
	if known, err := b.Forget(boris); !known || err != nil || b.Blocks(boris.GUID()) {
		t.Errorf("forgotten: %t, %v", known, err)
	}
	if known, err := b.Forget(boris); known || err != nil {
		t.Errorf("forgotten twice: %t, %v", known, err)
	}
	if _, ok := b.Of(boris); ok {
		t.Error("still there")
	}
}

// TestFull: the book takes so many and no more, and changes those it has.
func TestFull(t *testing.T) {
	kept := state.Memory().Bucket("contacts")
	b := open(t, kept)
	for i := range maxContacts {
		if _, err := b.Set(identity.PeerID{9, byte(i), byte(i >> 8)}, named(fmt.Sprintf("p%d", i)), noon); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Set(kim, named("kim"), noon); !errors.Is(err, ErrFull) {
		t.Errorf("one more: %v", err)
	}
	if _, err := b.Set(identity.PeerID{9}, trusted(Trusted), noon); err != nil {
		t.Errorf("one of them: %v", err)
	}
	if n := len(open(t, kept).List()); n != maxContacts {
		t.Errorf("%d are read", n)
	}
}

// TestDamaged: what cannot be read is told and left out, and takes nothing with it.
func TestDamaged(t *testing.T) {
	kept := state.Memory().Bucket("contacts")
	for key, value := range map[string]string{
		kim.String():                `{"name":"kim","trust":"trusted"}`,
		"nobody":                    `{"name":"x","trust":"known"}`,
		identity.PeerID{4}.String(): `{"name":"x\u202e","trust":"known"}`,
		identity.PeerID{5}.String(): `{"name":"y","trust":"sure"}`,
		identity.PeerID{6}.String(): `{`,
	} {
		if err := kept.Put(key, []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	b, err := Open(kept, own)
	if got := b.shown(); !strings.HasPrefix(got, "02 kim trusted") || len(b.List()) != 1 {
		t.Errorf("what is left is %s", got)
	}
	if !errors.Is(err, ErrName) || !errors.Is(err, ErrTrust) || !errors.Is(err, identity.ErrPeerID) {
		t.Errorf("told: %v", err)
	}
}

// TestNames: what a petname may be, so that it is never taken for something else.
func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"kim": true, "Kim-2": true, "łódź": true, "ᄒ": true, "a.b_c": true, strings.Repeat("ä", maxName): true,
		"": false, "2kim": false, "17": false, "-x": false, "kim:1": false, "kim lee": false, "a/b": false, "kim\u202e": false, "k\x1b[m": false,
		strings.Repeat("a", maxName+1): false, "abcdefabcdefabcdefabcdefabcdefab": false, "\xff": false, "a\u200bb": false,
	} {
		if err := CheckName(name); (err == nil) != ok || err != nil && !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestTrust: every level is read as it is written.
func TestTrust(t *testing.T) {
	for i, name := range Trusts() {
		if level, err := ParseTrust(name); err != nil || level != Trust(i) || level.String() != name {
			t.Errorf("%s: %v, %v", name, level, err)
		}
	}
	if Trust(9).String() != "Trust(9)" || Trust(-1).String() != "Trust(-1)" {
		t.Error(Trust(9), Trust(-1))
	}
}
