package socket

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
)

func testIDs(seed byte) *IDs {
	ids, err := NewIDs(rand.NewChaCha8([32]byte{seed}))
	if err != nil {
		panic(err)
	}
	return ids
}

// bytesOf reads bytes in hexadecimal.
func bytesOf(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func idOf(i *IDs) []byte {
	id, err := i.GenerateConnectionID()
	if err != nil {
		panic(err)
	}
	return id.Bytes()
}

func join(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// The datagrams the tests know: what nat.md and the RFCs show, and pings.
var (
	binding = bytesOf("00 01 00 00 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae")
	success = bytesOf("01 01 00 14 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae" +
		"00 20 00 08 00 01 a1 47 e1 12 a6 43 80 28 00 04 7d 28 1f 59")
	ping    = bytesOf("00 01 02 03 04 05 06 07 ff 09 0a 0b 0c 0d 0e 00 00 01 00 00 00 00 00")
	initial = join(bytesOf("c0 00 00 00 01 08 83 94 c8 f0 3e 51 57 08 00 00 44 9e"), make([]byte, 1182)) // RFC 9001 A.2
)

func TestClassify(t *testing.T) {
	ids := testIDs(1)
	mine, other := idOf(ids), idOf(testIDs(2))
	body := make([]byte, shortest-1-IDLen)
	long := func(first byte, version uint32, to, from []byte, rest ...byte) []byte {
		b := binary.BigEndian.AppendUint32([]byte{first}, version)
		b = append(append(b, byte(len(to))), to...)
		return join(b, []byte{byte(len(from))}, from, rest)
	}
	for _, test := range []struct {
		name string
		b    []byte
		want Kind
	}{
		{"nothing", nil, Gnutella},
		{"one byte", []byte{0}, Gnutella},
		{"ping", ping, Gnutella},
		{"binding request", binding, STUN},
		{"binding success", success, STUN},
		{"cut", success[:39], Gnutella},
		{"cut by an attribute", success[:32], Gnutella},
		{"one byte more", join(binding, []byte{0}), Gnutella},
		{"four bytes more", join(binding, make([]byte, 4)), Gnutella},
		{"length no multiple of 4", join([]byte{0, 1, 0, 1}, binding[4:], []byte{0}), Gnutella},
		{"first bits not zero", join([]byte{0x40}, binding[1:]), Gnutella},
		{"initial of version 1", initial, QUIC},
		{"initial of version 2", long(0xd0, version2, other, nil, 0), QUIC},
		{"without the fixed bit", join([]byte{0x80}, initial[1:]), Gnutella},
		{"version 3", long(0xc0, 3, other, nil, 0), Gnutella},
		{"longest IDs", long(0xc0, 1, make([]byte, 20), make([]byte, 20), 0), QUIC},
		{"destination too long", long(0xc0, 1, make([]byte, 21), make([]byte, 20), 0), Gnutella},
		{"source too long", long(0xc0, 1, make([]byte, 20), make([]byte, 21), 0), Gnutella},
		{"source cut", long(0xc0, 1, other, mine)[:20], Gnutella},
		{"nothing after the IDs", long(0xc0, 1, other, mine), Gnutella},
		{"versions offered to us", long(0x80, 0, mine, other, 0, 0, 0, 1), QUIC},
		{"versions offered to another", long(0x80, 0, other, mine, 0, 0, 0, 1), Gnutella},
		{"half a version", long(0x80, 0, mine, other, 0, 0), Gnutella},
		{"short header", join([]byte{0x40}, mine, body), QUIC},
		{"short header, encrypted bits", join([]byte{0x7f}, mine, body), QUIC},
		{"short header of another key", join([]byte{0x40}, other, body), Gnutella},
		{"shorter than any", join([]byte{0x40}, mine, body[1:]), Gnutella},
		{"short header without the fixed bit", join([]byte{0}, mine, body), Gnutella},
	} {
		if got := Classify(test.b, ids); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	if got := Classify(join([]byte{0x40}, mine, body), nil); got != Gnutella {
		t.Errorf("short header without a key: %v", got)
	}
}

// TestEveryBitCounts flips each bit that makes a datagram what it is.
func TestEveryBitCounts(t *testing.T) {
	ids := testIDs(1)
	for _, test := range []struct {
		name     string
		b        []byte
		from, to int // bits
	}{
		{"STUN, class", success, 0, 2},
		{"STUN, length and cookie", success, 16, 64},
		{"QUIC, version", initial, 8, 40},
		{"QUIC, ID", join([]byte{0x40}, idOf(ids), make([]byte, 20)), 8, 8 + 8*IDLen},
	} {
		if Classify(test.b, ids) == Gnutella {
			t.Fatalf("%s: not known", test.name)
		}
		for bit := test.from; bit < test.to; bit++ {
			b := append([]byte(nil), test.b...)
			b[bit/8] ^= 0x80 >> (bit % 8)
			if got := Classify(b, ids); got != Gnutella {
				t.Errorf("%s: %v with bit %d flipped", test.name, got, bit)
			}
		}
	}
}

// TestRandomDatagrams has five million of them be Gnutella: by chance one in 2^32 is
// not.
func TestRandomDatagrams(t *testing.T) {
	ids, r := testIDs(1), rand.NewChaCha8([32]byte{7})
	b := make([]byte, 64)
	for range 5_000_000 {
		r.Read(b[:32])
		if got := Classify(b[:20+b[0]%44], ids); got != Gnutella {
			t.Fatalf("%x is %v", b, got)
		}
	}
}

// TestChecksDiffer wants the checks of IDs to be spread like random ones: 2^16 pairs
// that agree in 32 bits are not to be expected among 4096.
func TestChecksDiffer(t *testing.T) {
	ids := testIDs(1)
	seen := map[uint32]bool{}
	for i := range uint32(4096) {
		id := binary.LittleEndian.AppendUint32(nil, i)
		seen[ids.check(id)] = true
	}
	if len(seen) < 4095 {
		t.Errorf("4096 IDs have %d checks", len(seen))
	}
}

// TestSipHash is the vector of the reference implementation for four bytes.
func TestSipHash(t *testing.T) {
	const k0, k1 = 0x0706050403020100, 0x0f0e0d0c0b0a0908
	if got := sipHash(k0, k1, 0x03020100); got != binary.LittleEndian.Uint64(bytesOf("b7 87 71 27 e0 94 27 cf")) {
		t.Errorf("%x", got)
	}
}

func TestClassifyAllocatesNothing(t *testing.T) {
	ids := testIDs(1)
	for _, b := range [][]byte{ping, success, initial, join([]byte{0x40}, idOf(ids), make([]byte, 20))} {
		if n := testing.AllocsPerRun(100, func() { Classify(b, ids) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

// FuzzClassify wants whatever is classified to have the header of its kind.
func FuzzClassify(f *testing.F) {
	ids := testIDs(1)
	for _, b := range [][]byte{nil, ping, binding, success, initial, join([]byte{0x40}, idOf(ids), make([]byte, 20))} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		switch k := Classify(b, ids); {
		case k == STUN && (len(b) < 20 || b[0]>>6 != 0 || string(b[4:8]) != "\x21\x12\xa4\x42"):
			t.Errorf("STUN: %x", b)
		case k == QUIC && (len(b) < 8 || b[0]>>6 == 0):
			t.Errorf("QUIC: %x", b)
		}
	})
}

func BenchmarkClassify(b *testing.B) {
	ids := testIDs(1)
	for name, d := range map[string][]byte{"gnutella": join([]byte{0x41}, ping[1:]), "stun": success, "short": join([]byte{0x40}, idOf(ids), make([]byte, 20))} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Classify(d, ids)
			}
		})
	}
}
