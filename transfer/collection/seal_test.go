package collection

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
)

func key(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

// TestSeal: a text is by who signed it, all of it, and nobody else.
func TestSeal(t *testing.T) {
	anna := key(1)
	text := (&Collection{Name: "Sky", Files: []File{{Path: "a", Size: 1}}}).AppendTo(nil)
	whole := string(Seal(text, "anna", func(m []byte) []byte { return ed25519.Sign(anna, m) }))
	for _, test := range []struct {
		name, text string
		sealed     bool
		holds      bool
	}{
		{"as it was written", whole, true, true},
		{"with other ends", whole + "\r\n\n", true, true},
		{"without a line end", strings.TrimSuffix(whole, "\n"), true, true},
		{"of another", strings.Replace(whole, "#signed anna", "#signed boris", 1), true, false},
		{"with another name", strings.Replace(whole, "Sky", "Sea", 1), true, false},
		{"with more before", "\n" + whole, true, false},
		{"with more behind", whole + "# more", false, false},
		{"cut", whole[:len(whole)-3], true, false},
		{"no signature", "#signed anna", true, false},
		{"none", string(text), false, false},
		{"nothing", "", false, false},
	} {
		by, message, signature, ok := Sealed([]byte(test.text))
		holds := by == "anna" && ed25519.Verify(anna.Public().(ed25519.PublicKey), message, signature)
		if ok != test.sealed || holds != test.holds {
			t.Errorf("%s: sealed %v, holds %v", test.name, ok, holds)
		}
	}
	if c, err := Parse([]byte(whole)); err == nil || len(c.Files) != 0 { // its file has no SHA-1
		t.Errorf("%+v, %v", c, err)
	}
}

// FuzzSealed wants nothing that anybody wrote to be taken for signed by a key that did
// not sign it, and the message to be what was before the line.
func FuzzSealed(f *testing.F) {
	anna := key(1)
	f.Add([]byte("#signed anna "))
	f.Add(Seal([]byte("x\n"), "boris", func(m []byte) []byte { return ed25519.Sign(key(2), m) }))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, message, signature, ok := Sealed(text)
		if !ok {
			return
		}
		if len(message) > len(text)+len(sealDomain)+1 || ed25519.Verify(anna.Public().(ed25519.PublicKey), message, signature) {
			t.Errorf("%q says %q signed by %x", text, message, signature)
		}
	})
}
