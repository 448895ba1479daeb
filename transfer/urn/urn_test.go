package urn

import (
	"crypto/sha1"
	"errors"
	"strings"
	"testing"
)

const (
	emptySHA1 = "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
	abcSHA1   = "VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5"
	abcTiger  = "ASD4UJSEH5M47PDYB46KBTSQTSGDKLBHYXOMUIA"
	abcBlake3 = "MQ33HLBYIZITH75WHN2SOOUNWVEMKWCGLV45WA75GWOGZVN5TWCQ"
)

// tiger is a root as the tables name it.
func tiger(s string) Tiger {
	h, err := ParseTiger(s)
	if err != nil {
		panic(err)
	}
	return h
}

func blake3(s string) Blake3 {
	h, err := ParseBlake3(s)
	if err != nil {
		panic(err)
	}
	return h
}

func TestSHA1Vectors(t *testing.T) {
	for content, want := range map[string]string{"": emptySHA1, "abc": abcSHA1} {
		h := SHA1(sha1.Sum([]byte(content)))
		if h.String() != want || h.URN() != "urn:sha1:"+want {
			t.Errorf("hash of %q prints %s and %s, want %s", content, h, h.URN(), want)
		}
		for _, text := range []string{want, strings.ToLower(want)} {
			if got, err := ParseSHA1(text); got != h || err != nil {
				t.Errorf("ParseSHA1(%q) = %v, %v; want %v", text, got, err, h)
			}
		}
	}
}

func TestParse(t *testing.T) {
	abc := SHA1(sha1.Sum([]byte("abc")))
	both := URN{SHA1: abc, HasSHA1: true, Tiger: tiger(abcTiger)}
	for _, test := range []struct {
		in     string
		want   URN
		prints string
		err    error
	}{
		{in: "urn:sha1:" + abcSHA1, want: URN{SHA1: abc, HasSHA1: true}, prints: "urn:sha1:" + abcSHA1},
		{in: "URN:Sha1:" + strings.ToLower(abcSHA1), want: URN{SHA1: abc, HasSHA1: true}, prints: "urn:sha1:" + abcSHA1},
		{in: "urn:bitprint:" + abcSHA1 + "." + abcTiger, want: both, prints: "urn:bitprint:" + abcSHA1 + "." + abcTiger},
		{in: "urn:bitprint:" + strings.ToLower(abcSHA1+"."+abcTiger), want: both, prints: "urn:bitprint:" + abcSHA1 + "." + abcTiger},
		{in: "urn:tree:tiger:" + abcTiger, want: URN{Tiger: tiger(abcTiger)}, prints: "urn:tree:tiger:" + abcTiger},
		{in: "urn:tree:tiger/:" + abcTiger, want: URN{Tiger: tiger(abcTiger)}, prints: "urn:tree:tiger:" + abcTiger},
		{in: "urn:tree:tiger/1024:" + abcTiger, want: URN{Tiger: tiger(abcTiger)}, prints: "urn:tree:tiger:" + abcTiger},
		{in: "urn:ttroot:" + abcTiger, want: URN{Tiger: tiger(abcTiger)}, prints: "urn:tree:tiger:" + abcTiger},
		{in: "urn:blake3:" + strings.ToLower(abcBlake3), want: URN{Blake3: blake3(abcBlake3)}, prints: "urn:blake3:" + abcBlake3},

		{in: "urn:blake3:" + abcBlake3[1:], err: ErrSyntax},
		{in: "urn:blake3:" + strings.Repeat("A", 52), err: ErrSyntax}, // all zero: unknown
		{in: "", err: ErrNamespace},
		{in: "urn:", err: ErrNamespace},
		{in: "urn:md5:0123", err: ErrNamespace},
		{in: abcSHA1, err: ErrNamespace},
		{in: "urn:sha1:", err: ErrSyntax},
		{in: "urn:sha1:" + abcSHA1[1:], err: ErrSyntax},
		{in: "urn:sha1:" + abcSHA1 + "A", err: ErrSyntax},
		{in: "urn:sha1:" + abcSHA1[:31] + "1", err: ErrSyntax},
		{in: "urn:sha1:" + abcSHA1[:31] + "=", err: ErrSyntax},
		{in: " urn:sha1:" + abcSHA1, err: ErrNamespace},
		{in: "urn:bitprint:" + abcSHA1, err: ErrSyntax},
		{in: "urn:bitprint:" + abcSHA1 + "." + abcTiger[1:], err: ErrSyntax},
		{in: "urn:bitprint:" + abcSHA1[1:] + "." + abcTiger, err: ErrSyntax},
		{in: "urn:tree:tiger:" + abcTiger[:38] + "B", err: ErrSyntax}, // a bit behind the last byte
		{in: "urn:tree:tigers:" + abcTiger, err: ErrSyntax},
		{in: "urn:tree:tiger", err: ErrSyntax},
	} {
		got, err := Parse(test.in)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("Parse(%q) = %+v, %v; want %+v, %v", test.in, got, err, test.want, test.err)
		}
		if got.String() != test.prints {
			t.Errorf("Parse(%q) prints %q, want %q", test.in, got, test.prints)
		}
	}
}

func TestParseSHA1DoesNotAllocate(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		if _, err := Parse("urn:sha1:" + abcSHA1); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("Parse allocates %v times", n)
	}
}

// FuzzParse wants a canonical text for every name: what was parsed prints as
// something that parses to the same, and prints alike again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"urn:sha1:" + abcSHA1, "URN:SHA1:" + strings.ToLower(emptySHA1),
		"urn:bitprint:" + abcSHA1 + "." + abcTiger, "urn:tree:tiger:" + abcTiger,
		"urn:tree:tiger/:" + abcTiger, "urn:ttroot:" + abcTiger, "urn:blake3:" + abcBlake3, "urn:sha1:", "urn:md5:x", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := Parse(s)
		if err != nil {
			if u != (URN{}) {
				t.Errorf("Parse(%q) gives %+v along with %v", s, u, err)
			}
			return
		}
		again, err := Parse(u.String())
		if err != nil || again != u {
			t.Errorf("%q is %+v, prints %q, which is %+v, %v", s, u, u, again, err)
		}
		if u.HasSHA1 && !strings.Contains(strings.ToUpper(s), u.SHA1.String()) {
			t.Errorf("%q does not contain its own hash %s", s, u.SHA1)
		}
		if u.Tiger.Known() && !strings.Contains(strings.ToUpper(s), u.Tiger.String()) {
			t.Errorf("%q does not contain its own tree root %s", s, u.Tiger)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("urn:sha1:" + abcSHA1); err != nil {
			b.Fatal(err)
		}
	}
}
