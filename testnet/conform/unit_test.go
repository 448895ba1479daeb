package conform

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"filbert/overlay/wire"
)

// TestCasesAreDescribed: names are unique, and every case says what it checks and
// where that is written.
func TestCasesAreDescribed(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+/[a-z0-9.-]+$`)
	source := regexp.MustCompile(`\.md |THREATS|RFC `)
	seen := map[string]bool{}
	last := ""
	for _, c := range Cases() {
		if !form.MatchString(c.Name) || seen[c.Name] {
			t.Errorf("case %q: want a new area/name", c.Name)
		}
		seen[c.Name] = true
		if c.Checks == "" || !source.MatchString(c.Source) || c.run == nil {
			t.Errorf("%s checks %q by %q", c.Name, c.Checks, c.Source)
		}
		if area := c.Area(); area != last {
			if seen[area] {
				t.Errorf("the cases of %s do not stand together", area)
			}
			seen[area], last = true, area
		}
	}
}

func TestSelect(t *testing.T) {
	for pattern, want := range map[string][]string{
		"ttl/0":          {"ttl/0"},
		"bye/*e*":        {"bye/headers", "bye/not-relayed", "bye/relayed", "bye/large", "bye/length"},
		"malformed/hops": {"malformed/hops"},
		"no-such-case":   nil,
		"vendor/*-back":  {"vendor/connect-back", "vendor/udp-connect-back"},
		"ping/[":         nil,
	} {
		var got []string
		for _, c := range Select(pattern) {
			got = append(got, c.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q selects %v, want %v", pattern, got, want)
		}
	}
	if n := len(Select("")); n != len(Cases()) {
		t.Errorf("%d of %d cases are selected by default", n, len(Cases()))
	}
	for _, c := range Select("ping") {
		if c.Area() != "ping" {
			t.Errorf("ping selects %s", c.Name)
		}
	}
}

func TestConfigCheck(t *testing.T) {
	good := Config{Addr: netip.MustParseAddrPort("127.0.0.1:6346"), URN: "urn:sha1:EJMWGY5T3ZALA34YD64F3ARRF2GA5VIR"}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for want, spoil := range map[string]func(c *Config){
		"address": func(c *Config) { c.Addr = netip.AddrPort{} },
		"timeout": func(c *Config) { c.Timeout = -1 },
		"no case": func(c *Config) { c.Only = "nosuchcase" },
		"URN":     func(c *Config) { c.URN = "urn:sha1:EJMW" },
	} {
		c := good
		spoil(&c)
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestPace: who is not one of ours is not called too often, unless it is said so.
func TestPace(t *testing.T) {
	for _, c := range []struct {
		agent string
		set   time.Duration
		want  time.Duration
	}{
		{"filbert/0.1", 0, 0},
		{"gtk-gnutella/1.2.3", 0, foreignPace},
		{"", 0, foreignPace},
		{"gtk-gnutella/1.2.3", -1, -1},
		{"filbert/0.1", time.Second, time.Second},
	} {
		s := &suite{cfg: Config{Pace: c.set}, lastDial: time.Now(), answer: block{fields: []field{{"User-Agent", c.agent}}}}
		if got := (&trial{suite: s}).pace(); got != c.want {
			t.Errorf("%q with pace %v: %v, want %v", c.agent, c.set, got, c.want)
		}
	}
	if got := (&trial{suite: &suite{}}).pace(); got != 0 {
		t.Errorf("the first connection waits %v", got)
	}
}

// TestTable holds our tables against the vectors of search.md §13.
func TestTable(t *testing.T) {
	for _, c := range []struct {
		form    func(own *table)
		present bool
		want    string
	}{
		{func(*table) {}, true, "0101010004" + "00a00a00"},
		{func(own *table) { own.infinity = 2 }, true, "0101010004" + "00f00f00"},
		{func(own *table) { own.width = 8 }, true, "0101010008" + "0000fa0000fa0000"},
		{func(*table) {}, false, "0101010004" + "00600600"},
	} {
		own := newTable(3, "test", "pdf")
		c.form(own)
		if got := hex.EncodeToString(own.change(c.present)[0].AppendTo(nil)); got != c.want {
			t.Errorf("patch %s, want %s", got, c.want)
		}
	}
	if got := hex.EncodeToString(newTable(3).reset().AppendTo(nil)); got != "000800000007" {
		t.Errorf("reset %s", got)
	}
	for i := range uint64(20) { // what we send we can read
		own := newTable(10, letters(rand.New(rand.NewPCG(1, i)), 5), "word")
		own.zlib, own.patches = true, 3
		own.width = 8
		got, err := assemble(own.reset(), patchesOf(own.change(true)))
		if err != nil {
			t.Fatal(err)
		}
		for i, present := range got.slots {
			if present != (own.slots[i] == 1) {
				t.Fatalf("slot %d is %t", i, present)
			}
		}
		if !got.has("word") {
			t.Error("a word is lost")
		}
	}
}

// TestBadTables: every fault of a servent's table is found.
func TestBadTables(t *testing.T) {
	reset := &wire.RouteReset{Slots: 8, Infinity: 7}
	good := wire.RoutePatch{Seq: 1, Count: 1, Bits: 4, Data: []byte{0, 0xa0, 0x0a, 0}}
	patch := func(change func(p *wire.RoutePatch)) *wire.RoutePatch {
		p := good
		change(&p)
		return &p
	}
	if _, err := assemble(reset, []*wire.RoutePatch{&good}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		reset   *wire.RouteReset
		patches []*wire.RoutePatch
	}{
		"slots":        {&wire.RouteReset{Slots: 12, Infinity: 7}, []*wire.RoutePatch{&good}},
		"too many":     {&wire.RouteReset{Slots: 1 << 31, Infinity: 7}, []*wire.RoutePatch{&good}},
		"infinity":     {&wire.RouteReset{Slots: 8}, []*wire.RoutePatch{&good}},
		"no patch":     {reset, nil},
		"sequence":     {reset, []*wire.RoutePatch{patch(func(p *wire.RoutePatch) { p.Seq = 2 })}},
		"count":        {reset, []*wire.RoutePatch{patch(func(p *wire.RoutePatch) { p.Count = 2 }), patch(func(p *wire.RoutePatch) { p.Seq = 2 })}},
		"entry bits":   {reset, []*wire.RoutePatch{patch(func(p *wire.RoutePatch) { p.Bits = 3 })}},
		"too little":   {reset, []*wire.RoutePatch{patch(func(p *wire.RoutePatch) { p.Data = p.Data[:3] })}},
		"too much":     {reset, []*wire.RoutePatch{patch(func(p *wire.RoutePatch) { p.Data = append(slices.Clone(p.Data), 0) })}},
		"no zlib":      {reset, []*wire.RoutePatch{patch(func(p *wire.RoutePatch) { p.Compressor = 1 })}},
		"compressor 2": {reset, []*wire.RoutePatch{patch(func(p *wire.RoutePatch) { p.Compressor = 2 })}},
		"bomb":         {reset, []*wire.RoutePatch{patch(func(p *wire.RoutePatch) { p.Compressor, p.Data = 1, bomb(1<<20) })}},
	} {
		if _, err := assemble(c.reset, c.patches); err == nil {
			t.Errorf("%s: nothing is wrong with it", name)
		}
	}
}

func patchesOf(messages []wire.Message) []*wire.RoutePatch {
	var all []*wire.RoutePatch
	for _, m := range messages {
		p, _ := m.(*wire.RoutePatch)
		all = append(all, p)
	}
	return all
}

// TestReadBlock reads a block as it comes, with its oddities.
func TestReadBlock(t *testing.T) {
	b, err := readBlock(bufio.NewReader(strings.NewReader("GNUTELLA/0.6 200 OK\r\nA: 1\r\na:2\nLong: begins\r\n  goes on\r\nnone\r\n\r\nrest")))
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := b.get("A"); v != "1, 2" || !ok {
		t.Errorf("A is %q", v)
	}
	if v, _ := b.get("long"); v != "begins goes on" {
		t.Errorf("Long is %q", v)
	}
	if _, ok := b.get("B"); ok || b.code() != 200 || !b.welcome() || !b.bareLF || !b.folded || len(b.lines) != 4 {
		t.Errorf("read %+v", b)
	}
	for _, c := range []string{"", "GNUTELLA/0.6 200 OK", "GNUTELLA/0.6 200 OK\r\nA: 1\r\n", strings.Repeat("x", maxLine+1),
		"x\n" + strings.Repeat("A: b\n", maxLines+1)} {
		if b, err := readBlock(bufio.NewReaderSize(strings.NewReader(c), maxLine)); err == nil {
			t.Errorf("%.40q is read as %+v", c, b)
		}
	}
}

// FuzzBlock: whatever comes is a block within the limits, or none.
func FuzzBlock(f *testing.F) {
	f.Add([]byte("GNUTELLA/0.6 503 Full\r\nX-Try: 1.2.3.4:5\r\n more\n\r\n"))
	f.Add([]byte("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/2\r\n\r\nab"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := readBlock(bufio.NewReaderSize(bytes.NewReader(data), maxLine))
		if len(b.lines) > maxLines || b.size > (maxLines+2)*maxLine {
			t.Errorf("%d lines, %d bytes", len(b.lines), b.size)
		}
		if err != nil {
			return
		}
		if len(b.fields) != len(b.lines) || b.code() < 0 || b.code() > 999 {
			t.Errorf("%d fields of %d lines, code %d", len(b.fields), len(b.lines), b.code())
		}
		for _, x := range b.fields {
			if _, ok := b.get(x.name); !ok {
				t.Errorf("%q is not found", x.name)
			}
		}
	})
}

// FuzzTable: a servent's table is whole or none, and never larger than it says.
func FuzzTable(f *testing.F) {
	f.Add(uint32(8), uint8(7), uint8(0), uint8(4), []byte{0, 0xa0, 0x0a, 0})
	f.Add(uint32(8), uint8(2), uint8(1), uint8(8), bomb(1<<20))
	f.Fuzz(func(t *testing.T, slots uint32, infinity, compressor, bits uint8, data []byte) {
		half := len(data) / 2
		got, err := assemble(&wire.RouteReset{Slots: slots, Infinity: infinity}, []*wire.RoutePatch{
			{Seq: 1, Count: 2, Compressor: compressor, Bits: bits, Data: data[:half]},
			{Seq: 2, Count: 2, Compressor: compressor, Bits: bits, Data: data[half:]},
		})
		if err == nil && (len(got.slots) != int(slots) || slots > 1<<21) {
			t.Errorf("%d slots of %d", len(got.slots), slots)
		}
	})
}
