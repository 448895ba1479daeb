package uhc

import (
	"encoding/hex"
	"fmt"
	"testing"

	"filbert/overlay/wire"
)

func many(n int) (out []wire.PackedHost) {
	for i := range n {
		out = append(out, hosts(fmt.Sprintf("203.0.%d.%d:7000", i/200, 1+i%200))...)
	}
	return out
}

func infoOf(t *testing.T, frame []byte) (*wire.Pong, wire.HostInfo) {
	t.Helper()
	f, rest, err := wire.SplitFrame(frame)
	if err != nil || len(rest) != 0 {
		t.Fatalf("no frame: %v", err)
	}
	m, err := wire.Parse(f.Type(), f.Payload())
	p, ok := m.(*wire.Pong)
	if err != nil || !ok || f.TTL() != 1 || f.Hops() != 0 {
		t.Fatalf("%+v, %v", m, err)
	}
	return p, p.Info()
}

// TestPublishedAnswer makes the answer of the reference.
func TestPublishedAnswer(t *testing.T) {
	guid, err := wire.ParseGUID("a1a2a3a4a5a6a7a8ffaaabacadaeaf00")
	if err != nil {
		t.Fatal(err)
	}
	self := Self{Pong: wire.Pong{Addr: addr("192.0.2.17:6346"), Files: 12, KiB: 34567}, HostCache: true, Hosts: lab}
	list := hosts("198.51.100.7:6346", "203.0.113.9:23456", "192.0.2.200:6347")
	list[1].TLS = true
	got := AppendAnswer(nil, Request{GUID: guid, From: addr("203.0.113.77:7000"), Proven: true}, self, list)
	want := guid.String() + "01010037000000" + "ca18c00002110c00000007870000" +
		"c30349505052c6336407ca18cb007109a05bc00002c8cb18074950505f544c53414085554450484340"
	if hex.EncodeToString(got) != want {
		t.Errorf("answer\n%x, want\n%s", got, want)
	}
}

func TestAnswerChooses(t *testing.T) {
	self := Self{Pong: wire.Pong{Addr: addr("192.0.2.17:6346")}}
	list := hosts("8.8.4.4:7000", "5.6.7.8:6347", "10.0.0.1:7000", "127.0.0.1:7000", "192.0.2.1:7000", "224.0.0.1:7000",
		"8.8.4.5:80", "5.6.7.9:7001", "5.6.7.9:7001", "[2a00::1]:7000", "[fe80::1]:7000", "[::ffff:5.6.7.10]:7000")
	for _, test := range []struct {
		wishes wire.SCP
		from   string
		want   string
	}{
		{0, "5.6.7.8:6346", "[8.8.4.4:7000 5.6.7.9:7001 5.6.7.10:7000]"},
		{wire.SCPIPv6, "5.6.7.9:1", "[8.8.4.4:7000 5.6.7.8:6347 5.6.7.10:7000 [2a00::1]:7000]"},
		{wire.SCPNoIPv4, "5.6.7.9:1", "[[2a00::1]:7000]"},
		{0, "10.0.0.2:7000", "[8.8.4.4:7000 5.6.7.8:6347 10.0.0.1:7000 5.6.7.9:7001 5.6.7.10:7000]"},
		{0, "10.0.0.1:7000", "[8.8.4.4:7000 5.6.7.8:6347 5.6.7.9:7001 5.6.7.10:7000]"},
		{0, "127.0.0.1:7000", "[8.8.4.4:7000 5.6.7.8:6347 10.0.0.1:7000 5.6.7.9:7001 5.6.7.10:7000]"},
		{0, "127.0.0.1:7001", "[8.8.4.4:7000 5.6.7.8:6347 10.0.0.1:7000 127.0.0.1:7000 5.6.7.9:7001 5.6.7.10:7000]"},
	} {
		_, info := infoOf(t, AppendAnswer(nil, Request{From: addr(test.from), Wishes: test.wishes, Proven: true}, self, list))
		got := []string{}
		for _, h := range info.Hosts {
			got = append(got, h.Addr.String())
		}
		if fmt.Sprint(got) != test.want {
			t.Errorf("%s, wishes %d: told of %v, want %s", test.from, test.wishes, got, test.want)
		}
		if info.HostCache {
			t.Error("says it is a cache")
		}
	}
	for n := MaxHosts - 1; n <= MaxHosts+1; n++ {
		_, info := infoOf(t, AppendAnswer(nil, Request{From: addr("5.6.7.8:6346"), Proven: true}, Self{Hosts: lab}, many(n)))
		if len(info.Hosts) != min(n, MaxHosts) {
			t.Errorf("%d of %d hosts told", len(info.Hosts), n)
		}
	}
}

// TestNoAmplification: whatever is asked and known, an unproven address gets no
// more than it sent.
func TestNoAmplification(t *testing.T) {
	self := Self{Pong: wire.Pong{Addr: addr("192.0.2.17:6346")}, HostCache: true, Name: "uhc.example",
		Info: wire.HostInfo{Vendor: test, Ultrapeer: true, Leaves: 3, Uptime: 1e12, TLS: true}, Hosts: lab}
	list := many(MaxHosts)
	for i := range list {
		list[i].TLS = i%3 == 0
	}
	told := -1
	for size := range MaxAnswer + 100 {
		got := AppendAnswer(nil, Request{From: addr("5.6.7.8:6346"), Size: size}, self, list)
		if len(got) > size || len(got) > MaxAnswer {
			t.Fatalf("a request of %d bytes is answered with %d", size, len(got))
		}
		if len(got) == 0 {
			if size >= wire.HeaderLen+14 {
				t.Fatalf("a request of %d bytes is not answered", size)
			}
			continue
		}
		_, info := infoOf(t, got)
		if len(info.Hosts) < told {
			t.Errorf("with %d bytes fewer hosts than before: %d", size, len(info.Hosts))
		}
		told = len(info.Hosts)
	}
	if told != MaxHosts {
		t.Errorf("%d hosts at the most", told)
	}
	self.Name = ""
	request := ping(wire.GUID{}, 0, test, true)
	_, info := infoOf(t, AppendAnswer(nil, Request{From: addr("5.6.7.8:6346"), Size: len(request)}, self, list))
	if len(info.Hosts) != MaxHosts || !info.HostCache {
		t.Errorf("our own padded request is answered with %d hosts, cache %v", len(info.Hosts), info.HostCache)
	}
	bare := ping(wire.GUID{}, 0, test, false)
	if got := AppendAnswer(nil, Request{From: addr("5.6.7.8:6346"), Size: len(bare)}, self, list); len(got) != wire.HeaderLen+14 {
		t.Errorf("a bare request is answered with %d bytes", len(got))
	}
}

func TestParseName(t *testing.T) {
	for text, want := range map[string]string{
		"uhc.example": "uhc.example:6346", "UHC.Example:80": "uhc.example:80", "192.0.2.1": "192.0.2.1:6346",
		"192.0.2.1:7": "192.0.2.1:7", "[2001:db8::1]:7": "[2001:db8::1]:7", "[2001:db8::1]": "[2001:db8::1]:6346",
		"2001:db8::1": "[2001:db8::1]:6346", "[::ffff:192.0.2.1]:7": "192.0.2.1:7",
		"": "", "localhost": "", "a.b:0": "", "a.b:70000": "", "a.b:x": "", "a..b": "", "-a.b": "", "a b.c": "", "fe80::1%eth0": "",
		"[2001:db8::1": "", "a.b:": "a.b:6346", "a.b/c": "", "é.example": "",
	} {
		host, port, ok := parseName(text)
		if got := join(host, port); ok != (want != "") || ok && got != want {
			t.Errorf("%q is read as %q, %v; want %q", text, got, ok, want)
		}
	}
}
