package conform

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
	"filbert/query/keyword"
)

var sharedCases = []Case{
	{
		Name: "shared/words", Checks: "a query for words of a shared file is answered by a hit with its GUID, hops 0 and TTL to come back", Source: "search.md §1; wire.md §3, §8",
		run: func(t *trial) {
			t.needFile(true, false)
			f, hit := searched(t, forWords(t.cfg.Words))
			t.check(f.Hops() == 0 && f.TTL() >= 1 && f.TTL() <= hardTTL, "hops 0, TTL 1 to 15", "%s", describe(f))
			t.check(len(f.Payload()) <= softHit && len(hit.Records) <= maxRecords, "at most 10 records and 16384 bytes", "%d in %d bytes", len(hit.Records), len(f.Payload()))
			asked := slices.Collect(keyword.Words(keyword.Normalize(t.cfg.Words)))
			for _, r := range hit.Records {
				validRecord(t, r)
				words := slices.Collect(keyword.Words(keyword.Normalize(r.Name)))
				for _, w := range asked {
					begins := slices.ContainsFunc(words, func(own string) bool { return strings.HasPrefix(own, w) })
					t.check(begins, fmt.Sprintf("names with a word that begins with %q", w), "%q", r.Name)
				}
			}
		},
	},
	{
		Name: "shared/host", Checks: "a hit tells the servent's port and the GUID of its handshake", Source: "wire.md §8; gtk-gnutella.md GUID",
		run: func(t *trial) {
			t.needFile(true, false)
			_, hit := searched(t, forWords(t.cfg.Words))
			t.check(hit.Addr.Port() == t.cfg.Addr.Port(), fmt.Sprintf("port %d", t.cfg.Addr.Port()), "%v", hit.Addr)
			if v, ok := t.answer.get("GUID"); ok {
				t.check(strings.EqualFold(v, hit.Servent.String()), v, "%v", hit.Servent)
			}
			t.check(!hit.Servent.IsZero(), "a servent GUID", "a blank one")
		},
	},
	{
		Name: "shared/trailer", Checks: "a hit has a trailer: four letters, open data, flags that say what they mean, GGEP that can be read", Source: "wire.md §8 trailer",
		run: func(t *trial) {
			t.needFile(true, false)
			_, hit := searched(t, forWords(t.cfg.Words))
			tr := hit.Trailer
			t.check(tr.Vendor != wire.VendorCode{}, "a vendor code of four letters or digits", "%x", clipBytes(tr.Rest))
			t.check(tr.Known&wire.HitPush != 0, "a push flag that is told", "flags %02x known", byte(tr.Known))
			exts, err := tr.GGEP()
			t.check(err == nil, "GGEP that can be read", "%v", err)
			t.check(tr.Has(wire.HitGGEP) || len(exts) == 0, "the GGEP flag with GGEP", "%d extensions without", len(exts))
		},
	},
	{
		Name: "shared/urn", Checks: "a query for the URN of a shared file is answered with it", Source: "search.md §2 URN query; wire.md §6, §7",
		run: func(t *trial) {
			t.needFile(false, true)
			_, hit := searched(t, forURN(t))
			namesURN(t, hit)
		},
	},
	{
		Name: "shared/urn-ggep", Checks: "a query for its hash in GGEP H is answered with it", Source: "wire.md §6, §7 H",
		run: func(t *trial) {
			t.needFile(false, true)
			sum, _ := decodeSHA1(t.cfg.URN)
			ext := wire.AppendGGEP(nil, ggep.Extension{ID: ggep.Hash, Data: append([]byte{1}, sum[:]...)})
			_, hit := searched(t, &wire.Query{Flags: wire.FlagMark | wire.FlagHash, Text: `\`, Ext: ext})
			namesURN(t, hit)
		},
	},
	{
		Name: "shared/hash", Checks: "a hit for words names the SHA-1 of the file, as a URN where binary hashes were not asked for", Source: "wire.md §7; search.md §2",
		run: func(t *trial) {
			t.needFile(true, true)
			_, hit := searched(t, forWords(t.cfg.Words))
			namesURN(t, hit)
			for _, r := range hit.Records {
				_, binary := wire.FindGGEP(r.Ext, ggep.Hash)
				t.check(!binary, "a text URN: the query had no flag 0800", "GGEP H")
			}
		},
	},
	{
		Name: "shared/capitals", Checks: "words are found in any case", Source: "search.md §1",
		run: func(t *trial) {
			t.needFile(true, false)
			searched(t, forWords(strings.ToUpper(t.cfg.Words)))
		},
	},
	{
		Name: "shared/prefix", Checks: "a word is found by its beginning", Source: "search.md §1 matching",
		run: func(t *trial) {
			t.needFile(true, false)
			words := strings.Fields(t.cfg.Words)
			i := slices.IndexFunc(words, func(w string) bool { return len(w) >= 4 && isASCII(w) })
			if i < 0 {
				t.notOffered("no word of four letters was named")
			}
			words[i] = words[i][:len(words[i])-1]
			searched(t, forWords(strings.Join(words, " ")))
		},
	},
	{
		Name: "shared/all-words", Checks: "a file that lacks one of the words is no hit", Source: "search.md §1 matching",
		run: func(t *trial) {
			t.needFile(true, false)
			unfound(t, forWords(t.cfg.Words+" "+t.word()))
		},
	},
	{
		Name: "shared/nothing", Checks: "a query for what nobody has is not answered", Source: "search.md §1",
		run: func(t *trial) { unfound(t, forWords(t.word())) },
	},
	{
		Name: "shared/unknown-urn", Checks: "a query for a URN that nobody has is not answered", Source: "search.md §2",
		run: func(t *trial) {
			unfound(t, &wire.Query{Flags: wire.FlagMark, Text: `\`, Ext: wire.AppendSHA1(nil, [20]byte{1, 2, 3})})
		},
	},
	{
		Name: "shared/max-hits", Checks: "no more results come than the flags ask for", Source: "search.md §1 limits, §2 flags 00FF",
		run: func(t *trial) {
			t.needFile(true, false)
			q := forWords(t.cfg.Words)
			q.Flags |= 1
			p, f := t.asks(q)
			n := len(readHit(t, p.want("a hit", isHit(f.GUID()))).Records)
			p.alive()
			for more, ok := p.wait(quietTime, isHit(f.GUID())); ok; more, ok = p.wait(quietTime, isHit(f.GUID())) {
				n += len(readHit(t, more).Records)
			}
			t.check(n == 1, "one result", "%d", n)
		},
	},
	{
		Name: "shared/again", Checks: "a query that comes twice is answered once", Source: "wire.md §10",
		run: func(t *trial) {
			t.needFile(true, false)
			p, f := t.asks(forWords(t.cfg.Words))
			p.want("a hit", isHit(f.GUID()))
			p.settle()
			p.send(f)
			p.wantNone("hit for the same query again", isHit(f.GUID()))
		},
	},
	{
		Name: "shared/unknown-extension", Checks: "a query with extensions it cannot know is answered", Source: "wire.md §7",
		run: func(t *trial) {
			t.needFile(true, false)
			ext := wire.AppendGGEP([]byte("urn:"), ggep.Extension{ID: "CNFRM", Data: []byte("x")})
			searched(t, forWords(t.cfg.Words, ext...))
		},
	},
}

// namesURN checks that a record of the hit has the URN of the named file.
func namesURN(t *trial, hit *wire.QueryHit) {
	sum, _ := decodeSHA1(t.cfg.URN)
	for _, r := range hit.Records {
		validRecord(t, r)
		for got := range wire.SHA1s(r.Ext) {
			if got == sum {
				return
			}
		}
	}
	t.failf("a record with "+urnSHA1+t.cfg.URN, "%d records, the first with %s", len(hit.Records), hex.EncodeToString(clipBytes(hit.Records[0].Ext)))
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}
