package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/iotest"
)

// source hands out its chunks one read at a time, then err.
type source struct {
	chunks [][]byte
	err    error
}

func (s *source) Read(p []byte) (int, error) {
	if len(s.chunks) == 0 {
		return 0, s.err
	}
	n := copy(p, s.chunks[0])
	if s.chunks[0] = s.chunks[0][n:]; len(s.chunks[0]) == 0 {
		s.chunks = s.chunks[1:]
	}
	return n, nil
}

// frameOf makes a frame with a payload of n bytes, numbered in its GUID.
func frameOf(t Type, number byte, n int) Frame {
	return AppendFrame(nil, GUID{number}, 3, 0, &Opaque{Kind: t, Payload: bytes.Repeat([]byte{number}, n)})
}

// readAll returns the frames of all batches, and the error that ended them.
func readAll(t testing.TB, r *Reader) (frames []Frame, err error) {
	t.Helper()
	for {
		batch, err := r.ReadBatch()
		if err != nil {
			if len(batch) != 0 {
				t.Errorf("%d bytes came with the error %v", len(batch), err)
			}
			return frames, err
		}
		if len(batch) == 0 {
			t.Fatal("an empty batch")
		}
		for batch = bytes.Clone(batch); len(batch) > 0; {
			f, rest, err := SplitFrame(batch)
			if err != nil {
				t.Fatalf("the batch ends in %x", batch)
			}
			frames, batch = append(frames, f), rest
		}
	}
}

func TestReadBatchTakesAllWholeFrames(t *testing.T) {
	a, b, c := frameOf(TypePing, 1, 0), frameOf(TypeQuery, 2, 30), frameOf(TypePong, 3, 14)
	stream := bytes.Join([][]byte{a, b, c}, nil)
	cut := len(a) + len(b) + 10
	r := NewReader(&source{chunks: [][]byte{stream[:cut], stream[cut:]}, err: io.EOF})
	for i, want := range [][]byte{stream[:len(a)+len(b)], c} {
		if got, err := r.ReadBatch(); !bytes.Equal(got, want) || err != nil {
			t.Errorf("batch %d is %x, error %v", i, got, err)
		}
	}
	for range 2 {
		if _, err := r.ReadBatch(); err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
	}
}

func TestReaderStartsWithPrefix(t *testing.T) {
	for _, percent := range []int{0, 1, 50, 100} { // of some 700 KiB: also more than both buffers hold
		t.Run(fmt.Sprint(percent), func(t *testing.T) {
			var stream []byte
			for i := range 100 {
				stream = append(stream, frameOf(typeOther, byte(i), 3*i)...)
			}
			for i := range 10 {
				stream = append(stream, frameOf(TypeQueryHit, byte(i), MaxQueryHit)...)
			}
			prefix := bytes.Clone(stream[:len(stream)/100*percent])
			r := NewReaderBuffered(bytes.NewReader(stream[len(prefix):]), prefix)
			clear(prefix) // the Reader has its own
			frames, err := readAll(t, r)
			if err != io.EOF || len(frames) != 110 || !bytes.Equal(bytes.Join(asBytes(frames), nil), stream) {
				t.Errorf("%d frames, error %v", len(frames), err)
			}
		})
	}
}

// typeOther is a type this package does not know.
const typeOther Type = 0x42

func asBytes(frames []Frame) (b [][]byte) {
	for _, f := range frames {
		b = append(b, f)
	}
	return b
}

// TestLengthLimits sends each kind of message at its limit and beyond, behind a
// good frame.
func TestLengthLimits(t *testing.T) {
	for _, c := range []struct {
		t     Type
		limit int
		class Class
	}{
		{TypeQuery, MaxQuery, ClassBye},
		{TypeQueryHit, MaxQueryHit, ClassClose},
		{TypeBye, MaxBye, ClassClose},
		{TypePing, MaxOther, ClassBye},
		{TypeVendor, MaxOther, ClassBye},
		{typeOther, MaxOther, ClassBye},
	} {
		for _, length := range []int{c.limit - 1, c.limit, c.limit + 1, MaxPayload + 1, 1<<31 - 1} {
			t.Run(fmt.Sprintf("%v %d", c.t, length), func(t *testing.T) {
				good := frameOf(TypePing, 1, 0)
				header := Header{Type: c.t, Length: uint32(length)}.AppendTo(nil)
				if length <= c.limit {
					frames, err := readAll(t, NewReader(bytes.NewReader(append(append(good, header...), make([]byte, length)...))))
					if err != io.EOF || len(frames) != 2 {
						t.Errorf("%d frames, error %v", len(frames), err)
					}
					return
				}
				src := &source{chunks: [][]byte{append(good, header...)}, err: errors.New("read on")}
				r := NewReader(src)
				frames, err := readAll(t, r)
				var fault *FormatError
				if !errors.As(err, &fault) || len(frames) != 1 {
					t.Fatalf("%d frames, error %v", len(frames), err)
				}
				class := c.class
				if length > MaxPayload {
					class = ClassClose
				}
				if fault.Type != c.t || fault.Class != class || fault.Field != "length" {
					t.Errorf("fault %+v, want class %v", fault, class)
				}
				if room := len(r.bufs[0]) + len(r.bufs[1]); room > 2*minBuffer {
					t.Errorf("%d bytes of buffers", room)
				}
			})
		}
	}
}

func TestReaderErrors(t *testing.T) {
	reset := errors.New("connection reset")
	f := frameOf(TypePong, 1, 14)
	for _, c := range []struct {
		name   string
		src    io.Reader
		frames int
		want   error
	}{
		{"nothing", bytes.NewReader(nil), 0, io.EOF},
		{"end between frames", bytes.NewReader(f), 1, io.EOF},
		{"end with the data", iotest.DataErrReader(bytes.NewReader(f)), 1, io.EOF},
		{"end in a header", bytes.NewReader(append(bytes.Clone(f), f[:9]...)), 1, io.ErrUnexpectedEOF},
		{"end in a payload", bytes.NewReader(f[:30]), 0, io.ErrUnexpectedEOF},
		{"end in a payload with the data", iotest.DataErrReader(bytes.NewReader(f[:30])), 0, io.ErrUnexpectedEOF},
		{"reset in a header", &source{chunks: [][]byte{f[:9]}, err: reset}, 0, reset},
		{"byte by byte", iotest.OneByteReader(bytes.NewReader(f)), 1, io.EOF},
		{"no progress", &source{chunks: [][]byte{f}}, 1, io.ErrNoProgress},
	} {
		t.Run(c.name, func(t *testing.T) {
			frames, err := readAll(t, NewReader(c.src))
			if err != c.want || len(frames) != c.frames {
				t.Errorf("%d frames, error %v; want %d, %v", len(frames), err, c.frames, c.want)
			}
		})
	}
}

// TestBatchLifetime reads ahead by one batch while the receiver of the last one
// patches it.
func TestBatchLifetime(t *testing.T) {
	var stream []byte
	for i := range 4000 {
		stream = append(stream, frameOf(TypeQuery, byte(i), i%300)...)
	}
	r := NewReader(bytes.NewReader(stream))
	last, err := r.ReadBatch()
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	for err == nil {
		var next []byte
		var work sync.WaitGroup
		work.Go(func() { next, err = r.ReadBatch() })
		for rest := last; len(rest) > 0; {
			f, after, _ := SplitFrame(rest)
			f.SetTTL(f.TTL()-1, f.Hops()+1)
			rest = after
		}
		work.Wait()
		got = append(got, last...) // still whole after the next call
		last = next
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	for i := 0; len(stream) > 0; i++ {
		f, rest, _ := SplitFrame(stream)
		f.SetTTL(2, 1)
		if len(got) < len(f) || !bytes.Equal(got[:len(f)], f) {
			t.Fatalf("frame %d came back changed", i)
		}
		stream, got = rest, got[len(f):]
	}
}

// TestBuffersGrowAndShrink: a burst gets large buffers, the pings of an idle
// link give them back.
func TestBuffersGrowAndShrink(t *testing.T) {
	ping := frameOf(TypePing, 1, 0)
	src := &source{chunks: [][]byte{ping}, err: io.EOF}
	r := NewReader(src)
	read := func() {
		t.Helper()
		if _, err := r.ReadBatch(); err != nil {
			t.Fatal(err)
		}
	}
	read()
	if len(r.bufs[r.turn]) != minBuffer {
		t.Errorf("%d bytes at first", len(r.bufs[r.turn]))
	}
	src.chunks = append(src.chunks, bytes.Repeat(frameOf(TypeQuery, 2, 100), 10000))
	for len(src.chunks) > 0 {
		read()
	}
	if r.size != bulkBuffer {
		t.Errorf("%d bytes under load", r.size)
	}
	for range 2*shrinkAfter + 2 {
		src.chunks = append(src.chunks, ping)
		read()
	}
	if room := len(r.bufs[0]) + len(r.bufs[1]); room > 4*minBuffer {
		t.Errorf("%d bytes when idle again", room)
	}
}

// FuzzStream: however the network cuts a stream, the frames are the same, and
// the buffers stay within bounds.
func FuzzStream(f *testing.F) {
	for _, file := range captures(f) {
		var stream []byte
		for _, frame := range captured(f, file) {
			stream = append(stream, frame...)
		}
		f.Add(stream, uint64(len(stream)))
		f.Add(append(stream[:500], 0xff), uint64(1))
	}
	f.Add(Header{Type: TypeQuery, Length: MaxQuery + 1}.AppendTo(frameOf(TypePing, 1, 0)), uint64(2))
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		whole, wholeErr := readAll(t, NewReader(bytes.NewReader(stream)))

		random := rand.New(rand.NewPCG(seed, 0))
		src := &source{err: io.EOF}
		for rest := stream; len(rest) > 0; {
			n := min(len(rest), 1+random.IntN(1+random.IntN(300)))
			src.chunks, rest = append(src.chunks, rest[:n]), rest[n:]
		}
		prefix := []byte(nil)
		if len(src.chunks) > 0 && seed%2 == 0 {
			prefix, src.chunks = src.chunks[0], src.chunks[1:]
		}
		r := NewReaderBuffered(src, prefix)
		cut, cutErr := readAll(t, r)

		if fmt.Sprint(wholeErr) != fmt.Sprint(cutErr) {
			t.Errorf("in one piece %v, in chunks %v", wholeErr, cutErr)
		}
		if len(whole) != len(cut) {
			t.Fatalf("in one piece %d frames, in chunks %d", len(whole), len(cut))
		}
		for i, f := range whole {
			if !bytes.Equal(f, cut[i]) || !bytes.HasPrefix(stream, f) {
				t.Fatalf("frame %d differs", i)
			}
			stream = stream[len(f):]
			if limit, _ := f.Type().maxPayload(); len(f.Payload()) > int(limit) {
				t.Errorf("frame %d, a %v, has %d bytes", i, f.Type(), len(f.Payload()))
			}
		}
		if wholeErr == io.EOF && len(stream) > 0 || wholeErr != io.EOF && len(stream) == 0 {
			t.Errorf("%d bytes are left with error %v", len(stream), wholeErr)
		}
		if len(r.bufs[0]) > maxBuffer || len(r.bufs[1]) > maxBuffer {
			t.Errorf("buffers of %d and %d bytes", len(r.bufs[0]), len(r.bufs[1]))
		}
	})
}

// endless repeats one stretch of frames for ever.
type endless struct {
	frames []byte
	at     int
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		m := copy(p[n:], e.frames[e.at:])
		n, e.at = n+m, (e.at+m)%len(e.frames)
	}
	return n, nil
}

// trickle reads a random number of bytes at a time, as a socket does.
type trickle struct {
	src    io.Reader
	random *rand.Rand
}

func (s trickle) Read(p []byte) (int, error) {
	return s.src.Read(p[:min(len(p), 1+s.random.IntN(3000))])
}

// TestReaderAllocatesNothing: not for a steady load, whatever the size of its
// frames and segments.
func TestReaderAllocatesNothing(t *testing.T) {
	var frames []byte
	for i := range 100 {
		frames = append(frames, frameOf(TypePing, byte(i), 0)...)
		frames = append(frames, frameOf(TypeQuery, byte(i), i)...)
		if i%20 == 0 {
			frames = append(frames, frameOf(TypeQueryHit, byte(i), 400*i)...)
		}
	}
	for name, src := range map[string]io.Reader{
		"bulk":    &endless{frames: frames},
		"trickle": trickle{&endless{frames: frames}, rand.New(rand.NewPCG(1, 2))},
	} {
		r := NewReader(src)
		batches := func() {
			for range 100 {
				if _, err := r.ReadBatch(); err != nil {
					t.Fatal(err)
				}
			}
		}
		batches()
		if allocs := testing.AllocsPerRun(10, batches); allocs > 0 {
			t.Errorf("%s: %v allocations in 100 batches", name, allocs)
		}
	}
}

// BenchmarkReader reads, cuts and patches queries of 100 bytes, as a relay does.
func BenchmarkReader(b *testing.B) {
	r := NewReader(&endless{frames: bytes.Repeat(frameOf(TypeQuery, 1, 100), 1000)})
	for range 100 { // grow the buffers
		if _, err := r.ReadBatch(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.SetBytes(HeaderLen + 100)
	for frames := 0; frames < b.N; {
		batch, err := r.ReadBatch()
		if err != nil {
			b.Fatal(err)
		}
		for ; len(batch) > 0; frames++ {
			var f Frame
			if f, batch, err = SplitFrame(batch); err != nil {
				b.Fatal(err)
			}
			f.SetTTL(f.TTL()-1, f.Hops()+1)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}
