package conform

import (
	"bytes"
	"strings"

	"filbert/overlay/wire"
)

var browseCases = []Case{
	{
		Name: "browse/answer", Checks: "GET / with Accept: application/x-gnutella-packets is answered by those", Source: "transfer.md §5",
		run: func(t *trial) {
			r := t.browse()
			nothing := t.cfg.Words == "" && t.cfg.URN == "" // it may share nothing, and have nothing to tell
			t.check(len(r.body) > 0 || nothing, "query hits", "an empty body")
		},
	},
	{
		Name: "browse/hits", Checks: "the body is whole query hits of the servent's own, hops 0", Source: "transfer.md §5",
		run: func(t *trial) {
			for _, f := range t.browsedHits() {
				hit := readHit(t, f)
				t.check(f.Hops() == 0 && f.TTL() >= 1, "hops 0, TTL 1", "%s", describe(f))
				if v, ok := t.answer.get("GUID"); ok {
					t.check(strings.EqualFold(v, hit.Servent.String()), v, "%v", hit.Servent)
				}
				for _, r := range hit.Records {
					validRecord(t, r)
				}
			}
		},
	},
	{
		Name: "browse/file", Checks: "the shared file is among them", Source: "transfer.md §5",
		run: func(t *trial) {
			t.needFile(false, true)
			want, _ := decodeSHA1(t.cfg.URN)
			n := 0
			for _, f := range t.browsedHits() {
				for _, r := range readHit(t, f).Records {
					n++
					for sum := range wire.SHA1s(r.Ext) {
						if sum == want {
							return
						}
					}
				}
			}
			t.failf("a record with "+urnSHA1+t.cfg.URN, "%d others", n)
		},
	},
}

// browse fetches the list of the servent's files, once for all cases: an address
// may browse once an hour.
func (t *trial) browse() *response {
	if t.browsed == nil {
		t.browsed = t.get("GET", "/", "Accept: application/x-gnutella-packets")
	}
	r := t.browsed
	kind, _ := r.get("Content-Type")
	offered := t.answer.lists("X-Features", "browse/1.0")
	switch {
	case r.code() == 200 && strings.HasPrefix(kind, "application/x-gnutella-packets"):
		return r
	case !offered, r.code() == 403, r.code() == 429:
		t.notOffered("browsing is off: %s, %s", r.first, kind)
	}
	t.failf("200 with application/x-gnutella-packets, since its headers name browse/1.0", "%s, %s", r.first, kind)
	return nil
}

// browsedHits cuts the list into hits.
func (t *trial) browsedHits() []wire.Frame {
	body := bytes.Clone(t.browse().body[:min(len(t.browse().body), maxBrowse)])
	var hits []wire.Frame
	for len(body) > 0 {
		f, rest, err := wire.SplitFrame(body)
		t.check(err == nil, "whole messages", "%d bytes that are none: %x", len(body), clipBytes(body))
		t.check(f.Type() == wire.TypeQueryHit, "query hits", "%s", describe(f))
		hits, body = append(hits, f), rest
	}
	return hits
}
