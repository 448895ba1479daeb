package deflate_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"filbert/overlay/deflate"
)

// TestOthersRead lets the library of others inflate what we deflate, batch by
// batch, each at once.
func TestOthersRead(t *testing.T) {
	noise := make([]byte, 200<<10)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	var batches [][]byte
	for _, n := range []int{1, 5, 12, 13, 14, 100, 8191, 8192, 8193, 3, 24574, 24575, 24576, 32768, 65535, 65536, 200 << 10, 1} {
		batches = append(batches, noise[:n], bytes.Repeat([]byte("blue sky "), n)[:n], noise[:n/2])
	}
	batches = append(batches, batched(traffic(t, 2000), 3)...)

	src := &chunks{}
	var z io.ReadCloser
	var w deflate.Writer
	for i, batch := range batches {
		out := w.AppendTo(nil, batch)
		if !bytes.HasSuffix(out, []byte("\x00\x00\xff\xff")) && len(batch) > 0 {
			t.Fatalf("batch %d of %d bytes ends with %x, not with a flush", i, len(batch), out[max(0, len(out)-4):])
		}
		if len(batch) == 0 {
			if len(out) != 0 {
				t.Fatalf("an empty batch becomes %x", out)
			}
			continue
		}
		if *src = append(*src, out); z == nil {
			var err error
			if z, err = zlib.NewReader(src); err != nil {
				t.Fatal(err)
			}
		}
		got := make([]byte, len(batch))
		if _, err := io.ReadFull(z, got); err != nil || !bytes.Equal(got, batch) {
			t.Fatalf("batch %d of %d bytes: others read something else, error %v", i, len(batch), err)
		}
	}
	if n, err := z.Read(make([]byte, 1)); n != 0 || !errors.Is(err, errBlocked) {
		t.Errorf("%d bytes too many, error %v", n, err)
	}
}

func TestWriterAppends(t *testing.T) {
	var w deflate.Writer
	if got := w.AppendTo([]byte("before"), nil); string(got) != "before" {
		t.Errorf("an empty batch gives %q", got)
	}
	if got := w.AppendTo([]byte("before"), []byte("batch")); !bytes.HasPrefix(got, []byte("before\x78\x01")) {
		t.Errorf("the stream begins with %x", got)
	}
}

// TestCapturedSize deflates what gtk-gnutella said, message by message: at least
// a quarter is saved.
func TestCapturedSize(t *testing.T) {
	in, out := 0, 0
	for _, file := range captures(t, "p") {
		var w deflate.Writer
		for _, f := range frames(t, capture(t, file)) {
			in += len(f)
			out += len(w.AppendTo(nil, f))
		}
	}
	t.Logf("%d bytes become %d, %.2f of them", in, out, float64(out)/float64(in))
	if out > in*3/4 {
		t.Errorf("%d bytes become %d", in, out)
	}
}

// TestWriterMemory holds the figure of the doc comment.
func TestWriterMemory(t *testing.T) {
	const links = 16
	batches := batched(traffic(t, 300), 7)
	var keep [links]deflate.Writer
	used := heap(t, func() {
		for i := range keep {
			for _, batch := range batches {
				keep[i].AppendTo(nil, batch)
			}
		}
	}) / links
	runtime.KeepAlive(&keep)
	if used > 9<<10 {
		t.Errorf("a writer holds %d bytes", used)
	}
}

// FuzzWriter writes anything in two batches; others and we read it.
func FuzzWriter(f *testing.F) {
	f.Add([]byte("blue sky"), []byte("blue sky over the long river"))
	f.Add(make([]byte, 9000), make([]byte, 40000))
	f.Add([]byte{}, []byte{0})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var w deflate.Writer
		stream := w.AppendTo(w.AppendTo(nil, a), b)
		want := append(bytes.Clone(a), b...)
		if len(want) == 0 {
			return
		}
		z, err := zlib.NewReader(bytes.NewReader(stream))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(z)
		if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.Equal(got, want) {
			t.Fatalf("%x and %x are read as %x, error %v", a, b, got, err)
		}
		if len(want) > 128<<10 {
			return // may be a bomb
		}
		if got, err = io.ReadAll(deflate.NewReader(bytes.NewReader(stream), 0)); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%x and %x are read by us as %x, error %v", a, b, got, err)
		}
	})
}

// BenchmarkWriter tells what is left of messages, by the size of batches.
func BenchmarkWriter(b *testing.B) {
	for _, n := range []int{1, 4, 16, 64} {
		b.Run(label(n), func(b *testing.B) {
			batches := batched(traffic(b, 4096), n)
			var w deflate.Writer
			var out []byte
			var read, written, i int
			b.ReportAllocs()
			for b.Loop() {
				batch := batches[i%len(batches)]
				out = w.AppendTo(out[:0], batch)
				read, written, i = read+len(batch), written+len(out), i+1
			}
			b.ReportMetric(float64(written)/float64(read), "of-input")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(read), "ns/byte")
		})
	}
}
