package conform

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filbert/overlay/wire"
)

// faults are things a servent may do wrong, under the case that must notice.
var faults = []struct {
	name  string // of the case
	fault fault
}{
	{"handshake/0.6", fault{send: lost}},
	{"handshake/0.4", fault{reply: replyTo("CONNECT/0.4", "GNUTELLA OK")}},
	{"handshake/0.7", fault{reply: replyTo("CONNECT/0.7", "GNUTELLA/0.6 400 Bad version")}},
	{"handshake/0.7", fault{theirs: first("0.6", "0.7")}},
	{"handshake/version", fault{ours: first("new", "0.6")}},
	{"handshake/role", fault{ours: replace("X-Ultrapeer", "X-Ultrapeer: True")}},
	{"handshake/role", fault{theirs: first("403.*", "200 OK")}},
	{"handshake/early-hello", fault{}}, // the proxy reads block by block
	{"handshake/early-message", fault{send: when(wire.TypePing, lost)}},
	{"handshake/continuation", fault{ours: func(b *block) {
		if b.folded {
			b.lines = []string{"X-Degree: 1"}
		}
	}}},
	{"handshake/lf", fault{ours: func(b *block) {
		if b.bareLF {
			b.lines = nil
		}
	}}},
	{"handshake/case", fault{ours: func(b *block) {
		if slices.Contains(b.lines, "x-ULTRAPEER: true") {
			drop("x-ultrapeer")(b)
		}
	}}},
	{"handshake/unknown-header", fault{ours: func(b *block) {
		if _, ok := b.get("X-Conform"); ok {
			b.lines = nil
		}
	}}},
	{"handshake/long-line", fault{ours: first(` +x`, "")}},
	{"handshake/many-headers", fault{ours: shortened}},
	{"handshake/large-block", fault{ours: shortened}},
	{"handshake/accept", fault{ours: drop("Accept")}},
	{"handshake/accept-packets", fault{ours: instead("Accept: text/html")}},
	{"handshake/guid-again", fault{ours: drop("GUID")}},
	{"handshake/address-again", fault{ours: func(b *block) { drop("Node")(b); drop("Listen-IP")(b) }}},
	{"handshake/self", fault{ours: drop("GUID")}},
	{"handshake/turned-down", fault{ours: first("503.*", "200 OK"), keep: true}},

	{"headers/status", fault{theirs: first("OK", "OK\x01")}},
	{"headers/lines", fault{theirs: replace("", "no colon")}},
	{"headers/lines", fault{theirs: replace("", "X-Degree: 32")}},
	{"headers/spelling", fault{theirs: replace("X-Degree", "x-degree: 32")}},
	{"headers/user-agent", fault{theirs: replace("User-Agent", "User-Agent: filbert")}},
	{"headers/x-ultrapeer", fault{theirs: drop("X-Ultrapeer")}},
	{"headers/x-ultrapeer", fault{theirs: replace("X-Ultrapeer", "X-Ultrapeer: yes")}},
	{"headers/x-requeries", fault{theirs: replace("X-Requeries", "X-Requeries: 0")}},
	{"headers/x-degree", fault{theirs: replace("X-Degree", "X-Degree: 0")}},
	{"headers/x-max-ttl", fault{theirs: replace("X-Max-TTL", "X-Max-TTL: 99")}},
	{"headers/guid", fault{theirs: replace("GUID", "GUID: 1234")}},
	{"headers/guid", fault{theirs: replace("GUID", "GUID: 00000000000000000000000000000000")}},
	{"headers/remote-ip", fault{theirs: replace("Remote-IP", "Remote-IP: 127.0.0.1:6346")}},
	{"headers/remote-ip", fault{theirs: replace("Remote-IP", "Remote-IP: 192.0.2.1")}},
	{"headers/listen", fault{theirs: replace("Listen-IP", "Listen-IP: 127.0.0.1:80")}},
	{"headers/x-try", fault{theirs: replace("X-Try-Ultrapeers", "X-Try-Ultrapeers: 203.0.113.1:22")}},
	{"headers/x-try", fault{theirs: replace("X-Try-Ultrapeers", "X-Try-Ultrapeers: example.org:6346")}},
	{"headers/versions", fault{theirs: replace("GGEP", "GGEP: half")}},
	{"headers/query-routing", fault{theirs: replace("X-Query-Routing", "X-Query-Routing: 0.3")}},
	{"headers/features", fault{theirs: replace("X-Features", "X-Features: IP, tls")}},
	{"headers/live-since", fault{theirs: replace("X-Live-Since", "X-Live-Since: yesterday")}},
	{"headers/unasked", fault{theirs: replace("Connection", "Connection: Upgrade")}},
	{"headers/encodings", fault{theirs: replace("Accept-Encoding", "Accept-Encoding: br")}},

	{"ping/alive", fault{recv: when(wire.TypePong, flip(3))}},
	{"ping/alive", fault{recv: when(wire.TypePong, hops(1))}},
	{"ping/alive", fault{recv: when(wire.TypePong, flip(wire.HeaderLen))}},
	{"ping/repeated", fault{send: everyOther(wire.TypePing)}},
	{"ping/mark", fault{recv: when(wire.TypePong, flip(wire.HeaderLen+10))}},
	{"ping/ggep", fault{recv: when(wire.TypePong, flip(wire.HeaderLen+14))}},
	{"ping/ttl-0", fault{send: when(wire.TypePing, ttl(1))}},
	{"ping/crawler", fault{recv: func(f wire.Frame) []frame {
		if f.Type() == wire.TypePong && f.Hops() > 0 {
			return nil
		}
		return pass(f)
	}}},
	{"ping/cached", fault{recv: when(wire.TypePong, many)}},
	{"ping/early", fault{send: when(wire.TypePing, ttl(1))}},
	{"ping/not-relayed", fault{send: when(wire.TypePing, spread)}},
	{"ping/pong-not-relayed", fault{send: when(wire.TypePong, spread)}},

	{"ttl/relayed", fault{send: when(wire.TypeQuery, lost)}},
	{"ttl/relayed", fault{recv: when(wire.TypeQuery, ttl(3))}},
	{"ttl/relayed", fault{recv: when(wire.TypeQuery, hops(0))}},
	{"ttl/relayed", fault{recv: when(wire.TypeQuery, flip(wire.HeaderLen+5))}},
	{"ttl/back", fault{send: when(wire.TypeQuery, echoed)}},
	{"ttl/last-hop", fault{recv: when(wire.TypeQuery, ttl(2))}},
	{"ttl/1", fault{send: when(wire.TypeQuery, ttl(3))}},
	{"ttl/0", fault{send: when(wire.TypeQuery, ttl(3))}},
	{"ttl/hops-255", fault{send: when(wire.TypeQuery, hops(1))}},
	{"ttl/clamped", fault{recv: when(wire.TypeQuery, ttl(9))}},
	{"ttl/far", fault{send: when(wire.TypeQuery, hops(1))}},
	{"ttl/above-15", fault{send: when(wire.TypeQuery, ttl(3))}},
	{"ttl/bye-high", fault{recv: when(wire.TypeBye, flip(wire.HeaderLen))}},

	{"duplicate/again", fault{send: when(wire.TypeQuery, spread)}},
	{"duplicate/other-link", fault{send: when(wire.TypeQuery, spread)}},
	{"duplicate/altered", fault{send: when(wire.TypeQuery, spread)}},
	{"duplicate/type", fault{send: afterPing()}},

	{"hit/back", fault{recv: when(wire.TypeQueryHit, lost)}},
	{"hit/back", fault{recv: when(wire.TypeQueryHit, flipEnd)}},
	{"hit/back", fault{recv: when(wire.TypeQueryHit, hops(0))}},
	{"hit/many", fault{send: everyOther(wire.TypeQueryHit)}},
	{"hit/other-links", fault{send: when(wire.TypeQueryHit, spread)}},
	{"hit/unknown", fault{send: when(wire.TypeQueryHit, spread)}},
	{"hit/ended", fault{send: when(wire.TypeQueryHit, ttl(5))}},
	{"hit/high-ttl", fault{recv: when(wire.TypeQueryHit, ttl(39))}},
	{"hit/blank-servent", fault{send: when(wire.TypeQueryHit, flipEnd)}},
	{"hit/empty", fault{send: when(wire.TypeQueryHit, func(f wire.Frame) []frame { f[wire.HeaderLen] = 1; return pass(f) })}},

	{"shared/words", fault{send: when(wire.TypeQuery, lost)}},
	{"shared/words", fault{recv: when(wire.TypeQueryHit, flip(wire.HeaderLen+11+8))}},
	{"shared/words", fault{recv: when(wire.TypeQueryHit, hops(3))}},
	{"shared/host", fault{recv: when(wire.TypeQueryHit, flipEnd)}},
	{"shared/trailer", fault{recv: when(wire.TypeQueryHit, swap("FLBT", "\x01\x02\x03\x04"))}},
	{"shared/urn", fault{recv: when(wire.TypeQueryHit, swap("urn:sha1:", "urn:sha9:"))}},
	{"shared/urn-ggep", fault{send: when(wire.TypeQuery, lost)}},
	{"shared/hash", fault{recv: when(wire.TypeQueryHit, swap("urn:sha1:", "urn:sha1;"))}},
	{"shared/capitals", fault{send: when(wire.TypeQuery, swap("BLUE", "WHAT"))}},
	{"shared/prefix", fault{send: when(wire.TypeQuery, swap("blu ", "xyz "))}},
	{"shared/all-words", fault{send: when(wire.TypeQuery, firstWord)}},
	{"shared/nothing", fault{send: when(wire.TypeQuery, firstWord)}},
	{"shared/max-hits", fault{recv: when(wire.TypeQueryHit, twice)}},
	{"shared/again", fault{send: answersAgain()}},
	{"shared/unknown-extension", fault{send: func(f wire.Frame) []frame {
		if bytes.Contains(f, []byte("CNFRM")) {
			return nil
		}
		return pass(f)
	}}},

	{"push/to-hit", fault{send: when(wire.TypePush, lost)}},
	{"push/to-hit", fault{recv: when(wire.TypePush, ttl(9))}},
	{"push/to-neighbor", fault{recv: when(wire.TypePush, flipEnd)}},
	{"push/unknown", fault{send: when(wire.TypePush, spread)}},
	{"push/again", fault{send: when(wire.TypePush, spread)}},
	{"push/back", fault{send: when(wire.TypePush, echoed)}},

	{"bye/ours", fault{send: when(wire.TypeBye, lost)}},
	{"bye/headers", fault{send: when(wire.TypeBye, lost)}},
	{"bye/not-relayed", fault{send: when(wire.TypeBye, spread)}},
	{"bye/relayed", fault{send: when(wire.TypeBye, func(f wire.Frame) []frame { f.SetTTL(1, 0); return pass(f) })}},
	{"bye/large", fault{keep: true}},
	{"bye/length", fault{keep: true}},

	{"deflate/other", fault{theirs: replace("Content-Encoding", "Content-Encoding: deflate")}},
	{"deflate/theirs", fault{theirs: replace("Content-Encoding", "Content-Encoding: deflate")}},
	{"tls/other-upgrade", fault{theirs: replace("Connection", "Connection: Upgrade")}},
	{"tls/upgrade", fault{theirs: replace("Connection", "Upgrade: TLS/1.0", "Connection: Upgrade")}},
	{"tls/direct", fault{theirs: replace("Upgrade", "Upgrade: TLS/1.0")}},
	{"leaf/accepted", fault{recv: when(wire.TypePong, lost)}},
	{"leaf/no-table", fault{ours: asUltrapeer}},
	{"leaf/no-flood", fault{send: when(wire.TypeQueryHit, spread)}},
	{"leaf/relays", fault{ours: asUltrapeer}},
	{"leaf/guidance", fault{theirs: replace("X-Ultrapeer-Needed", "X-Ultrapeer-Needed: please")}},
	{"route/table", fault{send: when(wire.TypeRoute, lost)}},
	{"route/table", fault{send: when(wire.TypeQuery, spread)}},
	{"route/8-bit", fault{send: when(wire.TypeRoute, lost)}},
	{"route/infinity-2", fault{send: when(wire.TypeQuery, spread)}},
	{"route/patches", fault{send: everyOther(wire.TypeRoute)}},
	{"route/zlib", fault{send: when(wire.TypeRoute, lost)}},
	{"route/ttl-1", fault{send: func(f wire.Frame) []frame {
		if f.Type() == wire.TypeQuery && f.TTL() == 1 {
			return nil
		}
		return pass(f)
	}}},
	{"route/both-words", fault{send: when(wire.TypeQuery, spread)}},
	{"route/incremental", fault{send: nthLost(wire.TypeRoute, 3, 30)}},
	{"route/reset", fault{send: when(wire.TypeQuery, spread)}},
	{"route/no-reset", fault{ours: asUltrapeer, send: when(wire.TypeRoute, lost)}},
	{"route/sequence", fault{send: when(wire.TypeRoute, lost)}},
	{"route/slots", fault{recv: when(wire.TypeBye, lost)}},
	{"route/infinity-0", fault{recv: when(wire.TypeBye, flip(wire.HeaderLen))}},
	{"route/too-much", fault{send: when(wire.TypeRoute, lost)}},
	{"route/too-little", fault{send: when(wire.TypeRoute, lost)}},
	{"route/theirs", fault{recv: when(wire.TypeRoute, lost)}},
	{"route/theirs", fault{recv: everyOther(wire.TypeRoute)}},
	{"route/last-hop", fault{send: when(wire.TypeRoute, lost)}},
	{"vendor/supported", fault{recv: when(wire.TypeVendor, lost)}},
	{"vendor/supported", fault{recv: when(wire.TypeVendor, hops(1))}},
	{"vendor/features", fault{recv: when(wire.TypeVendor, func(f wire.Frame) []frame {
		if isVendor(wire.VendorFeatures)(f) {
			f[wire.HeaderLen+8] = 200 // as many features
		}
		return pass(f)
	})}},
	{"vendor/unknown", fault{send: ending("CNFM")}},
	{"vendor/hops-flow", fault{send: when(wire.TypeVendor, lost)}},
	{"vendor/time", fault{recv: when(wire.TypeVendor, flip(3))}},
	{"vendor/connect-back", fault{send: when(wire.TypeVendor, lost)}},
	{"vendor/push-proxy", fault{recv: when(wire.TypeVendor, flip(3))}},
	{"vendor/push-proxy", fault{recv: when(wire.TypePush, lost)}},
	{"vendor/relayed", fault{send: when(wire.TypeVendor, func(f wire.Frame) []frame { f.SetTTL(1, 0); return pass(f) })}},
	{"vendor/unasked", fault{recv: when(wire.TypePing, func(f wire.Frame) []frame {
		f[16] = byte(wire.TypeVendor)
		return pass(f)
	})}},

	{"http/unknown", fault{theirs: first("404.*", "200 OK")}},
	{"http/unknown", fault{theirs: drop("Server")}},
	{"http/malformed-urn", fault{theirs: first("400.*", "500 What")}},
	{"http/traversal", fault{theirs: first("404.*", "200 OK")}},
	{"http/host", fault{theirs: first("400.*", "404 Not Found")}},
	{"http/1.0", fault{keep: true}},
	{"http/method", fault{theirs: first("405.*", "200 OK")}},
	{"http/two-lengths", fault{theirs: first("400.*", "200 OK")}},
	{"http/length-and-chunks", fault{theirs: first("400.*", "200 OK")}},
	{"http/get", fault{body: func(b []byte) []byte {
		if len(b) > 100 {
			b[50] ^= 1
		}
		return b
	}}},
	{"http/content-urn", fault{theirs: replace("X-Gnutella-Content-URN", "X-Gnutella-Content-URN: urn:sha1:"+unknownSHA1)}},
	{"http/head", fault{ours: first("HEAD .*", "HEAD "+n2r(unknownSHA1)+" HTTP/1.1")}},
	{"http/lower-case", fault{ours: first("urn:sha1:[a-z2-7]+", "urn:sha1:"+unknownSHA1)}},
	{"http/keep-alive", fault{theirs: replace("Connection", "Connection: close")}},
	{"http/close", fault{keep: true}},
	{"http/range", fault{ours: drop("Range")}},
	{"http/range", fault{theirs: wrongRange}},
	{"http/range-byte", fault{theirs: wrongRange}},
	{"http/range-last", fault{theirs: first("206.*", "200 OK")}},
	{"http/range-open", fault{ours: instead("Range: bytes=0-6")}},
	{"http/range-suffix", fault{ours: instead("Range: bytes=0-4")}},
	{"http/range-long-suffix", fault{ours: instead("Range: bytes=-5")}},
	{"http/range-beyond", fault{ours: instead("Range: bytes=1-4")}},
	{"http/range-several", fault{ours: instead("Range: bytes=6-7")}},
	{"http/range-spaces", fault{theirs: first("206.*", "400 Bad Request")}},
	{"http/416", fault{ours: instead("Range: bytes=0-0")}},
	{"http/416", fault{theirs: func(b *block) {
		if b.code() == 416 {
			replace("Content-Range", "Content-Range: bytes */1")(b)
		}
	}}},
	{"http/range-wrong", fault{ours: instead("Range: bytes=2-9")}},
	{"http/upgrade", fault{ours: func(b *block) {
		if _, ok := b.get("Upgrade"); ok {
			b.first = strings.Replace(b.first, "HEAD", "PATCH", 1)
		}
	}}},
	{"browse/answer", fault{theirs: instead("Content-Type: text/html")}},
	{"browse/answer", fault{theirs: instead("Content-Length: 0"), body: func([]byte) []byte { return nil }}},
	{"browse/hits", fault{body: func(b []byte) []byte {
		if len(b) > wire.HeaderLen {
			b[18] = 3 // hops
		}
		return b
	}}},
	{"browse/hits", fault{theirs: instead("Content-Length: 40"), body: func(b []byte) []byte { return b[:min(40, len(b))] }}},
	{"browse/file", fault{body: func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(urnSHA1), []byte("urn:sha9:")) }}},

	{"malformed/unknown-type", fault{send: func(f wire.Frame) []frame {
		if f.Type() == 0x77 {
			return []frame{{f, elsewhere}}
		}
		return pass(f)
	}}},
	{"malformed/query-utf8", fault{send: when(wire.TypeQuery, spread)}},
	{"malformed/query-nul", fault{send: when(wire.TypeQuery, spread)}},
	{"malformed/query-short", fault{send: when(wire.TypeQuery, spread)}},
	{"malformed/query-long", fault{send: when(wire.TypeQuery, spread)}},
	{"malformed/hit", fault{send: when(wire.TypeQueryHit, spread)}},
	{"malformed/hops", fault{send: func(f wire.Frame) []frame {
		if f.Type() == wire.TypeVendor {
			return spread(f)
		}
		return pass(f)
	}}},
}

// TestCasesFail: every fault is noticed by its case.
func TestCasesFail(t *testing.T) {
	t.Parallel()
	_, sound, words, urn := live(t, "ultrapeer")
	atOnce(len(faults), func(i int) {
		name := faults[i].name
		r, err := Run(t.Context(), Config{
			Addr: spoil(t, sound, faults[i].fault), Only: name, Rand: rand.New(rand.NewPCG(7, uint64(i))),
			Timeout: failTimeout, Pace: -1, Words: words, URN: urn,
		}, nil)
		switch {
		case err != nil:
			t.Errorf("fault %d of %s: %v", i, name, err)
		case len(r.Results) != 1 || r.Results[0].Case != name:
			t.Errorf("fault %d of %s ran %+v", i, name, r.Results)
		case r.Results[0].Outcome != Fail:
			t.Errorf("fault %d of %s is not noticed: %s %s", i, name, r.Results[0].Outcome, r.Results[0].Reason)
		default:
			t.Logf("%s: want %s; got %s", name, r.Results[0].Want, r.Results[0].Got)
		}
	})
}

// atOnce calls f with 0 to n-1, a few at once: they mostly wait.
func atOnce(n int, f func(i int)) {
	var work sync.WaitGroup
	next := make(chan int)
	for range 16 {
		work.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	work.Wait()
}

// TestSoundPasses: the proxy alone makes no case fail, so that the faults do.
func TestSoundPasses(t *testing.T) {
	t.Parallel()
	_, sound, words, urn := live(t, "ultrapeer")
	addr := spoil(t, sound, fault{})
	done := map[string]bool{"handshake/early-hello": true} // this it does
	var names []string
	for _, one := range faults {
		if !done[one.name] {
			done[one.name] = true
			names = append(names, one.name)
		}
	}
	atOnce(len(names), func(i int) {
		r, err := Run(t.Context(), Config{
			Addr: addr, Only: names[i], Rand: rand.New(rand.NewPCG(8, uint64(i))), Pace: -1, Words: words, URN: urn,
		}, nil)
		if err != nil || len(r.Results) != 1 || r.Results[0].Outcome == Fail {
			t.Errorf("%s: %+v, %v", names[i], r, err)
		}
	})
}

// failTimeout is what a broken servent gets for its answers: it is on this host.
const failTimeout = 1500 * time.Millisecond

// replyTo answers a first line that holds some words.
func replyTo(part, answer string) func(string) []string {
	return func(first string) []string {
		if strings.Contains(first, part) {
			return []string{answer}
		}
		return nil
	}
}

// instead replaces a header where it is there.
func instead(line string) func(*block) {
	name, _, _ := strings.Cut(line, ":")
	return func(b *block) {
		if _, ok := b.get(name); ok {
			replace(name, line)(b)
		}
	}
}

// asUltrapeer makes every HELLO one of an ultrapeer.
func asUltrapeer(b *block) { instead("X-Ultrapeer: True")(b) }

// nthLost loses the frames of a type from the first to the last place.
func nthLost(kind wire.Type, first, last int) func(wire.Frame) []frame {
	n := 0
	return when(kind, func(f wire.Frame) []frame {
		if n++; n >= first && n <= last {
			return nil
		}
		return pass(f)
	})
}

// ending makes a BYE of a frame that holds some bytes.
func ending(part string) func(wire.Frame) []frame {
	return func(f wire.Frame) []frame {
		if bytes.Contains(f, []byte(part)) {
			f = wire.AppendFrame(nil, f.GUID(), 1, 0, &wire.Bye{Code: 400})
		}
		return pass(f)
	}
}

// shortened makes too large a block a proper one.
func shortened(b *block) { b.lines = b.lines[:min(len(b.lines), 14)] }

// everyOther loses every other frame of a type.
func everyOther(kind wire.Type) func(wire.Frame) []frame {
	n := 0
	return when(kind, func(f wire.Frame) []frame {
		if n++; n%2 == 0 {
			return nil
		}
		return pass(f)
	})
}

// afterPing loses queries under the GUID of a ping.
func afterPing() func(wire.Frame) []frame {
	seen := map[wire.GUID]bool{}
	return func(f wire.Frame) []frame {
		if f.Type() == wire.TypePing {
			seen[f.GUID()] = true
		} else if f.Type() == wire.TypeQuery && seen[f.GUID()] {
			return nil
		}
		return pass(f)
	}
}

// answersAgain answers a query that came before by a hit.
func answersAgain() func(wire.Frame) []frame {
	seen := map[wire.GUID]bool{}
	return when(wire.TypeQuery, func(f wire.Frame) []frame {
		if !seen[f.GUID()] {
			seen[f.GUID()] = true
			return pass(f)
		}
		hit := &wire.QueryHit{Records: []wire.Record{{Index: 1, Name: "x"}}, Servent: f.GUID()}
		return []frame{{wire.AppendFrame(nil, f.GUID(), 1, 0, hit), back}}
	})
}

// many makes twelve of one.
func many(f wire.Frame) []frame {
	var all []frame
	for range maxPongs + 1 {
		all = append(all, frame{f, onward})
	}
	return all
}

// swap replaces some bytes by as many others.
func swap(from, to string) func(wire.Frame) []frame {
	return func(f wire.Frame) []frame { return pass(bytes.Replace(f, []byte(from), []byte(to), 1)) }
}

// firstWord makes every query one for the file that is shared.
func firstWord(f wire.Frame) []frame {
	q := wire.AppendFrame(nil, f.GUID(), f.TTL(), f.Hops(), &wire.Query{Flags: wire.FlagMark, Text: "blue"})
	return pass(q)
}

// wrongRange tells another range than is sent.
func wrongRange(b *block) {
	if b.code() == 206 {
		replace("Content-Range", "Content-Range: bytes 1-2/5200")(b)
	}
}

// TestEveryAreaCanFail: no area lacks a fault, but those that only calls or
// datagrams bring out.
func TestEveryAreaCanFail(t *testing.T) {
	tried := map[string]bool{"datagram": true, "calling": true}
	for _, one := range faults {
		area, _, _ := strings.Cut(one.name, "/")
		tried[area] = true
		if len(Select(one.name)) != 1 {
			t.Errorf("no case is called %s", one.name)
		}
	}
	for _, c := range Cases() {
		if !tried[c.Area()] {
			t.Errorf("nothing shows that cases of %s can fail", c.Area())
		}
	}
}
