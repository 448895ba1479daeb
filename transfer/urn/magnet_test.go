package urn

import (
	"crypto/sha1"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

func TestParseMagnet(t *testing.T) {
	abc := SHA1(sha1.Sum([]byte("abc")))
	for _, test := range []struct {
		in   string
		want Magnet
		err  error
	}{
		{
			in:   "magnet:?xt=urn:sha1:" + abcSHA1 + "&dn=a%20b+c.txt&xl=3",
			want: Magnet{URN: URN{SHA1: abc, HasSHA1: true}, Name: "a b c.txt", Size: 3},
		}, {
			in:   "MAGNET:?dn=x&XT.1=urn:bitprint:" + abcSHA1 + "." + abcTiger + "&xt.2=urn:ed2khash:00",
			want: Magnet{URN: URN{SHA1: abc, HasSHA1: true, Tiger: tiger(abcTiger)}, Name: "x", Size: -1},
		}, {
			in:   "magnet:?xt.1=urn:sha1:" + abcSHA1 + "&xt.2=urn:tree:tiger:" + abcTiger,
			want: Magnet{URN: URN{SHA1: abc, HasSHA1: true, Tiger: tiger(abcTiger)}, Size: -1},
		}, {
			in: "magnet:?xt=urn:sha1:" + abcSHA1 + "&xs=http%3A%2F%2F203.0.113.9%3A6346%2Furi-res%2FN2R%3Furn%3Asha1%3A" + abcSHA1 + "&as=&as=http://198.51.100.7/f",
			want: Magnet{URN: URN{SHA1: abc, HasSHA1: true}, Size: -1, Sources: []string{
				"http://203.0.113.9:6346/uri-res/N2R?urn:sha1:" + abcSHA1, "http://198.51.100.7/f",
			}},
		},
		{
			in:   "magnet:?xt=urn:sha1:" + abcSHA1 + "&xt.1=urn:blake3:" + abcBlake3,
			want: Magnet{URN: URN{SHA1: abc, HasSHA1: true, Blake3: blake3(abcBlake3)}, Size: -1},
		},
		{in: "magnet:?xt=urn:blake3:" + abcBlake3, want: Magnet{URN: URN{Blake3: blake3(abcBlake3)}, Size: -1}},
		{in: "magnet:?dn=only+a+name", want: Magnet{Name: "only a name", Size: -1}},
		{in: "magnet:?xt=urn:sha1:" + abcSHA1 + "&xt=urn:sha1:" + abcSHA1, want: Magnet{URN: URN{SHA1: abc, HasSHA1: true}, Size: -1}},

		{in: "", err: ErrSyntax},
		{in: "magnet:?", err: ErrSyntax},
		{in: "magnet:?xt=urn:btih:00", err: ErrSyntax},
		{in: "http://example.org/?dn=x", err: ErrSyntax},
		{in: "magnet:?xt=urn:sha1:short", err: ErrSyntax},
		{in: "magnet:?dn=%zz", err: ErrSyntax},
		{in: "magnet:?dn=x&xl=-1", err: ErrSyntax},
		{in: "magnet:?dn=x&xl=+1", err: ErrSyntax},
		{in: "magnet:?dn=x&xl=9223372036854775808", err: ErrSyntax},
		{in: "magnet:?xt=urn:sha1:" + abcSHA1 + "&xt=urn:sha1:" + emptySHA1, err: ErrSyntax},
	} {
		got, err := ParseMagnet(test.in)
		if !reflect.DeepEqual(got, test.want) || !errors.Is(err, test.err) {
			t.Errorf("ParseMagnet(%q) = %+v, %v; want %+v, %v", test.in, got, err, test.want, test.err)
		}
	}
}

func TestMagnetCaps(t *testing.T) {
	for length, want := range map[int]error{maxMagnet - 1: nil, maxMagnet: nil, maxMagnet + 1: ErrSyntax} {
		link := "magnet:?dn=" + strings.Repeat("x", length-len("magnet:?dn="))
		if _, err := ParseMagnet(link); !errors.Is(err, want) {
			t.Errorf("a link of %d bytes: %v, want %v", length, err, want)
		}
	}
	for n, want := range map[int]int{maxSources - 1: maxSources - 1, maxSources: maxSources, maxSources + 1: maxSources} {
		link := "magnet:?dn=x"
		for i := range n {
			link += "&xs=" + strconv.Itoa(i)
		}
		if m, err := ParseMagnet(link); len(m.Sources) != want || err != nil {
			t.Errorf("a link of %d sources keeps %d, %v; want %d", n, len(m.Sources), err, want)
		}
	}
}

// FuzzParseMagnet wants a link that was read to print as one that says the same.
func FuzzParseMagnet(f *testing.F) {
	for _, seed := range []string{
		"magnet:?xt=urn:sha1:" + abcSHA1 + "&dn=a%20b.txt&xl=3&xs=http://203.0.113.9/",
		"magnet:?xt.1=urn:bitprint:" + abcSHA1 + "." + abcTiger + "&kt=a+b",
		"magnet:?dn=%E2%80%AE", "magnet:?", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMagnet(s)
		if err != nil {
			return
		}
		if len(m.Sources) > maxSources || len(m.Name) > len(s) {
			t.Errorf("%q became larger: %+v", s, m)
		}
		link := m.String()
		if len(link) > maxMagnet { // escapes may lengthen a link that was all but too long
			return
		}
		if again, err := ParseMagnet(link); err != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("%q is %+v, prints %q, which is %+v, %v", s, m, link, again, err)
		}
	})
}
