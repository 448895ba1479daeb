package crawl

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"filbert/overlay/wire"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func zipped(text string, gz bool) []byte {
	var b bytes.Buffer
	var w io.WriteCloser = zlib.NewWriter(&b)
	if gz {
		w = gzip.NewWriter(&b)
	}
	io.WriteString(w, text)
	w.Close()
	if gz {
		return append(binary.LittleEndian.AppendUint16(nil, uint16(b.Len())), b.Bytes()...)
	}
	return b.Bytes()
}

// TestCrawlerPing holds the request against the published layout.
func TestCrawlerPing(t *testing.T) {
	f := crawlerPing(wire.GUID{1})
	if got := hex.EncodeToString(f[16:23]); got != "3101000b000000" {
		t.Errorf("header %s", got)
	}
	if got := hex.EncodeToString(f.Payload()); got != "4c494d4505000100"+"ffff18" {
		t.Errorf("payload %s", got)
	}
}

func TestCrawlerPong(t *testing.T) {
	entries := "c6336407ca18 cb007109a05b"
	for name, test := range map[string]struct {
		data []byte
		want string // ultrapeers leaves uptime agent
	}{
		"the published vector": {unhex(t, "010100"+entries), "[{198.51.100.7:6346 }] [{203.0.113.9:23456 }] 0s "},
		"none":                 {unhex(t, "000000"), "[] [] 0s "},
		"everything": {append(unhex(t, "010173 10270000 05 c6336407ca18 0100 6465 02000000 cb007109a05b 0200 656e 03000000"), 0xff),
			"[{198.51.100.7:6346 }] [{203.0.113.9:23456 }] 2h46m40s "},
		"agents of gtk-gnutella": {append(unhex(t, "010108"+entries), zipped(`A/1;B\;\\x;Me/2`, false)...), `[{198.51.100.7:6346 A/1}] [{203.0.113.9:23456 B;\x}] 0s Me/2`},
		"agents of LimeWire":     {append(unhex(t, "010108"+entries), zipped("A/1;B/2;Me/3", true)...), "[{198.51.100.7:6346 A/1}] [{203.0.113.9:23456 B/2}] 0s Me/3"},
		"few agents":             {append(unhex(t, "010108"+entries), zipped("A/1", true)...), "[{198.51.100.7:6346 A/1}] [{203.0.113.9:23456 }] 0s "},
		"agents that are none":   {append(unhex(t, "010108"+entries), 1, 2, 3), "[{198.51.100.7:6346 }] [{203.0.113.9:23456 }] 0s "},
		"a port of zero":         {unhex(t, "010000 c63364070000"), "[] [] 0s "},
	} {
		r, err := parseCrawlerPong(test.data)
		if got := fmt.Sprintf("%v %v %v %s", r.Ultrapeers, r.Leaves, r.Uptime, r.Agent); err != nil || got != test.want || r.Role != Ultrapeer || r.Way != ByUDP {
			t.Errorf("%s: %s, %v; want %s", name, got, err, test.want)
		}
	}
	for _, short := range []string{"", "0101", "010110 010203", "010140", "010100 c6336407ca18 cb007109a0", "010101 c6336407ca18 cb007109a05b", "ffff00"} {
		if _, err := parseCrawlerPong(unhex(t, short)); err == nil {
			t.Errorf("%q is read", short)
		}
	}
}

func TestAgentsAreBounded(t *testing.T) {
	for n := maxAgents - 1; n <= maxAgents+1; n++ {
		for _, gz := range []bool{false, true} {
			if list := agents(zipped(strings.Repeat("x", n), gz)); (len(list) == 1) != (n <= maxAgents) {
				t.Errorf("%d bytes: %d agents", n, len(list))
			}
		}
	}
	if list := agents([]byte{0xff, 0xff, 1}); list != nil {
		t.Errorf("a length beyond the end: %q", list)
	}
}

// FuzzCrawlerPong feeds anything: nothing is made of it that was not there.
func FuzzCrawlerPong(f *testing.F) {
	f.Add(unhex(f, "010100c6336407ca18cb007109a05b"))
	f.Add(append(unhex(f, "010119 10270000 c6336407ca180100 cb007109a05b0200"), zipped("A;B;C", false)...))
	f.Add(append(unhex(f, "010108 c6336407ca18 cb007109a05b"), zipped("A;B;C", true)...))
	for _, name := range []string{"lime6-18", "lime6-0b"} {
		f.Add(captured(f, name)[wire.HeaderLen+8:])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parseCrawlerPong(data)
		if err != nil {
			return
		}
		if n := len(r.Ultrapeers) + len(r.Leaves); n > len(data)/6 || len(r.Ultrapeers) > int(data[0]) || len(r.Leaves) > int(data[1]) {
			t.Fatalf("%d entries of %d bytes", n, len(data))
		}
		if r.Uptime < 0 || r.Uptime > 1<<32*time.Second {
			t.Fatalf("uptime %v", r.Uptime)
		}
	})
}
