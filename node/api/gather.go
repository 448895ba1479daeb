package api

import (
	"net/netip"
	"time"

	"filbert/query"
	"filbert/transfer"
)

// gathering streams results as they are found, until there are enough.
type gathering struct {
	out    *stream
	show   func(query.Result) Result
	limit  int
	enough func() // called when there are
	began  time.Time
	files  map[int]bool
	hosts  map[answering]bool
	end    SearchEnd
}

// answering is a servent that answered.
type answering struct {
	servent [16]byte
	addr    netip.AddrPort
}

// newGathering takes limit different files, 0 = as many as any search.
func newGathering(out *stream, show func(query.Result) Result, limit int, enough func()) *gathering {
	if limit == 0 {
		limit = maxResults
	}
	return &gathering{
		out: out, show: show, limit: limit, enough: enough, began: time.Now(),
		files: map[int]bool{}, hosts: map[answering]bool{}, end: SearchEnd{Schema: Schema},
	}
}

// add takes a hit.
func (g *gathering) add(r query.Result, h query.Hit) {
	if !g.files[r.Number] {
		if len(g.files) == g.limit {
			return
		}
		g.files[r.Number] = true
		g.end.Seconds = time.Since(g.began).Seconds()
	}
	g.hosts[answering{h.Source.Servent, h.Source.Addr}] = true
	g.out.send("result", g.show(r))
	if len(g.files) == g.limit {
		g.enough()
	}
}

// full reports whether there are enough.
func (g *gathering) full() bool { return len(g.files) == g.limit }

// finish sends the last event.
func (g *gathering) finish(err error) {
	g.end.Results, g.end.Hosts = len(g.files), len(g.hosts)
	if err != nil {
		g.end.Error = transfer.Display(err.Error())
	}
	g.out.send("end", g.end)
}
