package deflate_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"runtime"
	"testing"

	"filbert/overlay/deflate"
)

// zip is src as a zlib stream by the library of others.
func zip(t testing.TB, src []byte, finish bool) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(src); err != nil {
		t.Fatal(err)
	}
	end := z.Flush
	if finish {
		end = z.Close
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestInflate(t *testing.T) {
	text := bytes.Repeat([]byte("blue sky over the long river. "), 100)
	for _, c := range []struct {
		name string
		src  []byte
		max  int
		want []byte
		err  error
	}{
		{"within", zip(t, text, true), len(text) + 1, text, nil},
		{"exactly", zip(t, text, true), len(text), text, nil},
		{"one too many", zip(t, text, true), len(text) - 1, nil, deflate.ErrTooLarge},
		{"bomb", zip(t, make([]byte, 2<<20), true), 64 << 10, nil, deflate.ErrTooLarge},
		{"empty", zip(t, nil, true), 0, nil, nil},
		{"one of none", zip(t, []byte{1}, true), 0, nil, deflate.ErrTooLarge},
		{"unfinished", zip(t, text, false), 1 << 20, nil, deflate.ErrCorrupt},
		{"bad checksum", append(zip(t, text, true)[:60], 1, 2, 3, 4), 1 << 20, nil, deflate.ErrCorrupt},
		{"text", text, 1 << 20, nil, deflate.ErrCorrupt},
		{"nothing", nil, 1 << 20, nil, deflate.ErrCorrupt},
		{"ours", deflate.Deflate(nil, text), len(text), text, nil},
	} {
		for range 2 { // with a new inflater, and with a used one
			got, err := deflate.Inflate([]byte("before"), c.src, c.max)
			if !errors.Is(err, c.err) || err == nil && !bytes.Equal(got, append([]byte("before"), c.want...)) || err != nil && got != nil {
				t.Errorf("%s: %q, error %v, want %v", c.name, got, err, c.err)
			}
		}
	}
}

// TestInflateAllocates inflates bombs: memory grows with what may come out.
func TestInflateAllocates(t *testing.T) {
	const most = 64 << 10
	bomb := zip(t, make([]byte, 2<<20), true)
	const bombs = 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range bombs {
		if _, err := deflate.Inflate(nil, bomb, most); err == nil {
			t.Fatal("a bomb went through")
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / bombs; each > 4*most {
		t.Errorf("a bomb allocates %d bytes", each)
	}
}

// FuzzBlock holds Inflate against the library of others, and what it gives
// through Deflate and back.
func FuzzBlock(f *testing.F) {
	f.Add(zip(f, []byte("blue sky"), true))
	f.Add(zip(f, make([]byte, 5000), true))
	f.Add([]byte("\x78\x01\x00\x00\x00\xff\xff"))
	f.Fuzz(func(t *testing.T, src []byte) {
		const most = 4096
		got, err := deflate.Inflate(nil, src, most)
		if len(got) > most {
			t.Fatalf("%d bytes came out", len(got))
		}
		want, valid := theirs(src, most)
		if valid != (err == nil) || valid && !bytes.Equal(got, want) {
			t.Fatalf("%x inflates to %x, error %v; others have %x, %v", src, got, err, want, valid)
		}
		if back, err := deflate.Inflate(nil, deflate.Deflate(nil, src), len(src)); err != nil || !bytes.Equal(back, src) {
			t.Fatalf("%x comes back as %x, error %v", src, back, err)
		}
	})
}

// theirs inflates by the library of others.
func theirs(src []byte, most int) (out []byte, valid bool) {
	z, err := zlib.NewReader(bytes.NewReader(src))
	if err != nil {
		return nil, false
	}
	buf := make([]byte, most+1)
	for {
		n, err := z.Read(buf[len(out):])
		out = buf[:len(out)+n]
		if err != nil || len(out) > most {
			return out, err != nil && err.Error() == "EOF" && len(out) <= most
		}
	}
}
