package deflate_test

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"testing"

	"filbert/overlay/deflate"
)

var errBlocked = errors.New("the source would block now")

// chunks is a source that has one chunk a Read and would then block.
type chunks [][]byte

func (c *chunks) Read(p []byte) (int, error) {
	if len(*c) == 0 {
		return 0, errBlocked
	}
	n := copy(p, (*c)[0])
	if (*c)[0] = (*c)[0][n:]; len((*c)[0]) == 0 {
		*c = (*c)[1:]
	}
	return n, nil
}

// TestFlushedIsThere: what the sender has flushed is read without asking for more.
func TestFlushedIsThere(t *testing.T) {
	// As another servent deflated a PING, then a PONG of 12 files.
	var stream [2][]byte
	for i, text := range []string{
		"789c5ab868f192a5cb96aff8bf6af59ab5ebd6333030328000000000ffff",
		"5a8826ccc8c8c007143e25718081499007c8626f676000000000ffff",
	} {
		stream[i], _ = hex.DecodeString(text)
	}
	src := &chunks{stream[0]}
	r := deflate.NewReader(src, 0)
	var got []byte
	buf := make([]byte, 1000)
	for i, want := range []int{23, 60} {
		n, err := r.Read(buf)
		if got = append(got, buf[:n]...); err != nil || len(got) != want {
			t.Fatalf("%d bytes after flush %d, want %d, error %v", len(got), i, want, err)
		}
		*src = append(*src, stream[1])
	}
	if all := frames(t, got); len(all) != 2 || all[0][16] != 0 || all[1][16] != 1 {
		t.Errorf("inflates to %x, want a PING and a PONG", got)
	}
}

// TestCapturedStreams inflates what gtk-gnutella deflated.
func TestCapturedStreams(t *testing.T) {
	// Messages and their bytes, as listed with the captures.
	want := map[string][2]int{
		"deflate-gnet-B-to-A.A": {22, 1415}, "deflate-gnet-B-to-A.B": {22, 1581},
		"deflate-gnet-L-to-A.A": {10, 1131}, "deflate-gnet-L-to-A.L": {12, 736},
	}
	for _, file := range captures(t, "deflate") {
		name := file[len("../wire/testdata/captures/") : len(file)-len(".bin")]
		stream := capture(t, file)
		for _, size := range []int{1, 7, len(stream)} {
			var src chunks
			for rest := stream; len(rest) > 0; rest = rest[min(size, len(rest)):] {
				src = append(src, rest[:min(size, len(rest))])
			}
			r := deflate.NewReader(&src, 0)
			got, err := io.ReadAll(r)
			if !errors.Is(err, errBlocked) {
				t.Fatalf("%s in chunks of %d: %v", name, size, err)
			}
			if n := len(frames(t, got)); n != want[name][0] || len(got) != want[name][1] || r.Consumed() != int64(len(stream)) {
				t.Errorf("%s in chunks of %d: %d messages in %d bytes out of %d, want %v out of %d",
					name, size, n, len(got), r.Consumed(), want[name], len(stream))
			}
		}
	}
}

// TestStreamEnds: a stream that is cut ends like its source, one that is finished
// ends too, and what is no deflate is told apart.
func TestStreamEnds(t *testing.T) {
	text := []byte("blue sky over the long river")
	broken := errors.New("reset")
	for _, c := range []struct {
		name string
		src  io.Reader
		want error
		text string
	}{
		{"cut after a flush", bytes.NewReader(zip(t, text, false)), io.EOF, string(text)},
		{"cut in a block", bytes.NewReader(zip(t, text, false)[:20]), io.EOF, "*"},
		{"cut in the header", bytes.NewReader([]byte{0x78}), io.EOF, ""},
		{"nothing", bytes.NewReader(nil), io.EOF, ""},
		{"finished", bytes.NewReader(zip(t, text, true)), io.EOF, string(text)},
		{"broken", io.MultiReader(bytes.NewReader(zip(t, text, false)), failing{broken}), broken, string(text)},
		{"no zlib", bytes.NewReader(text), deflate.ErrCorrupt, ""},
		{"with a dictionary", bytes.NewReader([]byte("\x78\x20\x00\x00")), deflate.ErrCorrupt, ""},
		{"a window of 64 KiB", bytes.NewReader([]byte("\x88\x1c\x00\x00")), deflate.ErrCorrupt, ""},
		{"no block", bytes.NewReader([]byte("\x78\x9c\xff\xff\xff")), deflate.ErrCorrupt, ""},
	} {
		r := deflate.NewReader(c.src, 0)
		got, err := []byte(nil), error(nil)
		for buf := make([]byte, 10); err == nil; {
			var n int
			n, err = r.Read(buf)
			got = append(got, buf[:n]...)
		}
		if !errors.Is(err, c.want) || c.text != "*" && string(got) != c.text {
			t.Errorf("%s: %q, error %v, want %v", c.name, got, err, c.want)
		}
		if _, again := r.Read(make([]byte, 1)); again != err {
			t.Errorf("%s: then error %v", c.name, again)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestBombs are streams that become more than they may.
func TestBombs(t *testing.T) {
	const window = 256 << 10
	zeros := func(n int) []byte { return zip(t, make([]byte, n), false) }
	blank := len(zeros(window)) - len("\x78\x9c")
	// Every window of these comes of a little more, or less, than its share.
	steady := func(share int) []byte {
		var b bytes.Buffer
		z := zlib.NewWriter(&b)
		for range 8 {
			before := b.Len()
			for z.Flush(); b.Len()-before < share-blank; z.Flush() {
			}
			z.Write(make([]byte, window))
			z.Flush()
		}
		return b.Bytes()
	}
	for _, c := range []struct {
		name   string
		stream []byte
		max    int64
		want   error
		bytes  int
	}{
		{"less than a window", zeros(window - 1), 0, io.EOF, window - 1},
		{"endless", zeros(4 << 20), 0, deflate.ErrRatio, -window},
		{"just honest", steady(window/deflate.MaxRatio + 40), 0, io.EOF, 8 * window},
		{"just not", steady(window/deflate.MaxRatio - 40), 0, deflate.ErrRatio, -window},
		{"below its bound", zeros(999), 1000, io.EOF, 999},
		{"at its bound", zeros(1000), 1000, io.EOF, 1000},
		{"above its bound", zeros(1001), 1000, deflate.ErrTooLarge, 1000},
	} {
		n, err := io.Copy(io.Discard, deflate.NewReader(bytes.NewReader(c.stream), c.max))
		if err == nil {
			err = io.EOF
		}
		if !errors.Is(err, c.want) || c.bytes >= 0 && n != int64(c.bytes) || c.bytes < 0 && n > int64(-c.bytes) {
			t.Errorf("%s: %d bytes, error %v, want %d, %v", c.name, n, err, c.bytes, c.want)
		}
	}
}

// TestReaderMemory holds the figures of the doc comments.
func TestReaderMemory(t *testing.T) {
	const links = 64
	stream := zip(t, bytes.Repeat([]byte("blue sky over the long river"), 100), false)
	var keep [2 * links]*deflate.Reader
	idle := heap(t, func() {
		for i := range links {
			keep[i] = deflate.NewReader(&chunks{}, 0)
			keep[i].Read(make([]byte, 1))
		}
	}) / links
	used := heap(t, func() {
		for i := range links {
			keep[links+i] = deflate.NewReader(bytes.NewReader(stream), 0)
			io.Copy(io.Discard, keep[links+i])
		}
	}) / links
	runtime.KeepAlive(&keep)
	t.Logf("a reader holds %d bytes while nothing comes, then %d", idle, used)
	if idle > 512 || used > 48<<10 {
		t.Errorf("a reader holds %d bytes while nothing comes, then %d", idle, used)
	}
}

// heap is how much the heap grows during a call.
func heap(t *testing.T, call func()) int64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC() // empties pools too
	runtime.ReadMemStats(&before)
	call()
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// FuzzReader feeds anything: what comes out is what others make of it, and no
// more than its size allows.
func FuzzReader(f *testing.F) {
	for _, file := range captures(f, "deflate") {
		f.Add(capture(f, file))
	}
	f.Add(zip(f, make([]byte, 1<<20), false))
	f.Add(zip(f, []byte("blue sky"), true))
	f.Fuzz(func(t *testing.T, stream []byte) {
		var got bytes.Buffer
		_, err := io.Copy(&got, deflate.NewReader(bytes.NewReader(stream), 0))
		if most := deflate.MaxRatio*len(stream) + 256<<10 + 32<<10; got.Len() > most {
			t.Fatalf("%d bytes became %d", len(stream), got.Len())
		}
		z, invalid := zlib.NewReader(bytes.NewReader(stream))
		if invalid != nil {
			if got.Len() > 0 {
				t.Fatalf("%x inflates although it is no zlib: %v", stream, invalid)
			}
			return
		}
		want, failed := io.ReadAll(io.LimitReader(z, int64(got.Len())))
		if failed != nil && !errors.Is(failed, io.ErrUnexpectedEOF) {
			return // we take code tables that nobody can use
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Fatalf("%x inflates to %d bytes, error %v; others have %d", stream, got.Len(), err, len(want))
		}
	})
}

func BenchmarkReader(b *testing.B) {
	for _, n := range []int{1, 16, 64} {
		b.Run(label(n), func(b *testing.B) {
			var stream []byte
			var w deflate.Writer
			size := 0
			for _, batch := range batched(traffic(b, 4096), n) {
				stream = w.AppendTo(stream, batch)
				size += len(batch)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			buf := make([]byte, 64<<10)
			for b.Loop() {
				r := deflate.NewReader(bytes.NewReader(stream), 0)
				for err := error(nil); err == nil; _, err = r.Read(buf) {
				}
			}
		})
	}
}
