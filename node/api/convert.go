package api

import (
	"errors"
	"maps"
	"net/netip"
	"runtime"
	"runtime/metrics"
	"time"

	"filbert/nat"
	"filbert/nat/socket"
	"filbert/node"
	"filbert/node/contacts"
	"filbert/node/doctor"
	"filbert/overlay"
	"filbert/overlay/identity"
	"filbert/query"
	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/library"
	"filbert/transfer/store"
	"filbert/transfer/upload"
)

func statusOf(s node.Status) Status {
	o := s.Overlay
	out := Status{
		Schema: Schema, Version: s.Version, Listen: s.Listen.String(), External: addrText(o.External),
		TCPOpen: o.TCP.Open, UDPOpen: o.UDP.Open,
		GUID: o.GUID.String(), PeerID: s.Peer.String(), Uptime: time.Since(s.Started).Seconds(),
		Neighbors: len(o.Neighbors), Wanted: o.Want, Dialing: o.Dialing, DialsHeld: o.DialsHeld, Known: o.Known, Searches: o.Searches,
		Role: o.Role.String(), RoleMode: o.Mode.String(), RoleWhy: o.RoleWhy, Leaves: o.Leaves(), Asking: o.Asking,
		Files: s.Files, Bytes: s.Bytes, Downloads: s.Downloads, Uploads: s.Uploads, Results: s.Results,
		Received: trafficOf(o.Traffic.Received), Sent: trafficOf(o.Traffic.Sent), Drops: o.Drops.Map(),
		Port: PortCounts(s.Port), Browsed: BrowseCounts(s.Browsed), Memory: memory(),
		Paths: Paths(s.Paths), Vouched: Vouched(s.Vouched),
		Router: Router{Entries: s.Router.Now, Most: s.Router.Most, Limit: s.Router.Limit, Refused: s.Router.Refused},
		Upkeep: upkeepOf(s.Upkeep),
		Relay: Relay{
			Serves: s.Relay.Serves, Reservations: s.Relay.Stats.Reservations, Members: s.Relay.Stats.Friends, Circuits: s.Relay.Stats.Circuits, Bytes: s.Relay.Stats.Bytes,
			At: make([]string, 0, len(s.Relay.At)),
		},
		UDP: UDP{Gnutella: udpKind(s.UDP.Gnutella), STUN: udpKind(s.UDP.STUN), QUIC: udpKind(s.UDP.QUIC), Errors: s.UDP.Errors},
		STUN: STUN{
			Serves: s.STUN.Serves, Replies: s.STUN.Server.Replies, Bytes: s.STUN.Server.Bytes, Refused: s.STUN.Server.Refused(), NAT: natOf(s.STUN),
		},
	}
	for _, at := range s.Relay.At {
		out.Relay.At = append(out.Relay.At, at.String())
	}
	for _, l := range o.Horizon {
		out.Horizon = append(out.Horizon, Level(l))
	}
	maps.Copy(out.Drops, queueDrops(o))
	out.Sources = make([]HostSource, 0, len(s.Sources))
	for _, f := range s.Sources {
		out.Sources = append(out.Sources, HostSource{
			Source: f.Kind.String(), Caches: f.Caches, Active: f.Active, Rounds: f.Rounds, Hosts: f.Hosts, Last: f.Last,
			Error: transfer.Display(f.Err),
		})
	}
	if h := s.Hashing; h.FilesHashed < h.FilesSeen {
		out.Hashing = &Hashing{
			Files: h.FilesSeen, FilesDone: h.FilesHashed, Bytes: h.BytesTotal, BytesDone: h.BytesHashed,
			Current: transfer.Display(h.Current), InProgress: true,
		}
	}
	return out
}

func udpKind(s socket.KindStats) UDPKind {
	return UDPKind{
		Received: s.Received, Bytes: s.Bytes,
		Dropped: s.DroppedDatagrams + s.DroppedBytes + s.DroppedUnread + s.DroppedLong,
	}
}

func natOf(s node.STUNStatus) *NAT {
	d := s.Found
	if d.At.IsZero() {
		return nil
	}
	r := d.Report
	out := &NAT{
		Asked: d.At, UDP: r.UDP.String(), NAT: r.NAT.String(), Mapping: r.Mapping.String(), Filtering: r.Filtering.String(),
		Hairpin: r.Hairpin.String(), PortPreserved: r.PortPreserved.String(), Findings: make([]Finding, 0, len(r.Findings)),
		BindingFrom: s.Lasting.From.Seconds(), BindingTo: s.Lasting.To.Seconds(),
	}
	if r.Mapped.IsValid() {
		out.Mapped = r.Mapped.String()
	}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, Finding(f))
	}
	return out
}

func memory() Memory {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return Memory{Heap: int64(sample[0].Value.Uint64()), Goroutines: runtime.NumGoroutine()}
}

// queueDrops names what send queues dropped beside the core's reasons.
func queueDrops(o overlay.Status) map[string]uint64 {
	out := map[string]uint64{}
	for name, n := range map[string]uint64{
		"queue-push": o.QueueDrops.Push, "queue-hit": o.QueueDrops.Hit, "queue-query": o.QueueDrops.Query,
		"queue-pong": o.QueueDrops.Pong, "queue-ping": o.QueueDrops.Ping, "queue-other": o.QueueDrops.Other,
		"garbage-datagram": o.Packets.Malformed, "foreign-datagram": o.Packets.Foreign, "busy-datagram": o.Packets.Busy,
	} {
		if n > 0 {
			out[name] = n
		}
	}
	return out
}

func trafficOf(c overlay.Counts) Traffic {
	return Traffic{
		Messages: c.Messages(), Bytes: c.Bytes, Pings: c.Pings, Pongs: c.Pongs, Queries: c.Queries, Hits: c.Hits,
		Pushes: c.Pushes, Byes: c.Byes, Others: c.Others,
	}
}

func peersOf(o overlay.Status) []Peer {
	out := make([]Peer, 0, len(o.Neighbors))
	for _, n := range o.Neighbors {
		carried := o.Carried[n.Link]
		p := Peer{
			Addr: n.Addr.String(), Inbound: n.Inbound, Agent: transfer.Display(n.Agent), GUID: n.GUID.String(),
			Role: n.Role.String(), Degree: n.Degree, MaxTTL: int(n.MaxTTL), Since: n.Since, Heard: n.Heard,
			TLS: n.Terms.TLS, Deflate: Deflate{In: n.Terms.DeflateIn, Out: n.Terms.DeflateOut, BytesIn: carried.In, BytesOut: carried.Out},
			Files: int(n.Files), KiB: int64(n.KiB), Queue: o.Waiting[n.Link],
			Received: trafficOf(n.Received), Sent: trafficOf(n.Sent), Drops: n.Drops.Map(),
		}
		if n.Listen.IsValid() {
			p.Listen = n.Listen.String()
		}
		out = append(out, p)
	}
	return out
}

func resultOf(r query.Result, book *contacts.Book) Result {
	out := Result{
		Number: r.Number, Name: transfer.Display(r.File.Name), Size: r.File.Size, Speed: r.Speed, Busy: r.Busy, Hops: r.Hops,
		Contested: r.Contested,
	}
	if r.Hashed() {
		out.URN = r.File.SHA1.URN()
	}
	if r.Tiger.Known() {
		out.TTH = r.Tiger.String()
	}
	if r.Blake3.Known() {
		out.Blake3 = r.Blake3.String()
	}
	if r.Media != 0 {
		out.Type = r.Media.String()
	}
	for _, s := range r.Sources {
		source := Source{Vendor: s.Vendor, Push: s.Push}
		if s.Addr.IsValid() || r.Group == "" {
			source.Addr = s.Addr.String()
		}
		if s.Vouched {
			c, _ := book.Of(s.Peer)
			source.PeerID, source.Name = identity.PeerID(s.Peer).String(), c.Name
		}
		out.Sources = append(out.Sources, source)
	}
	return out
}

func downloadOf(s download.Status) Download {
	d := Download{
		URN: s.File.SHA1.URN(), Name: transfer.Display(s.File.Name), Size: s.File.Size, Have: s.Have, Verified: s.Verified,
		State: s.State.String(), Rate: s.Rate, ETA: s.ETA.Seconds(), Source: transfer.Display(s.Source), Sources: s.Sources,
		Reason: transfer.Display(s.Reason), Until: s.Until, Path: s.Path, Output: s.Output,
		Verify: s.Verify, Wasted: s.Wasted, Map: s.Map, Strategy: string(s.Strategy), Limit: s.Limit,
	}
	if s.Tiger.Known() {
		d.TTH = s.Tiger.String()
	}
	if s.Blake3.Known() {
		d.Blake3 = s.Blake3.String()
	}
	if a := s.Adopted; a.Path != "" {
		d.Adopted = &Adopted{Path: transfer.Display(a.Path), Size: a.Size, Used: a.Used, Done: a.Done, Reason: transfer.Display(a.Reason)}
	}
	for _, p := range s.Peers {
		d.Peers = append(d.Peers, Fetched{
			Name: transfer.Display(p.Name), Vendor: transfer.Display(p.Vendor), State: string(p.State), Rate: p.Rate, Bytes: p.Bytes,
			Reason: transfer.Display(p.Reason), Until: p.Until,
		})
	}
	if s.Err != nil {
		d.Error = text(s.Err)
		d.Wrong = errors.Is(s.Err, store.ErrVerification)
	}
	return d
}

func uploadsOf(all []upload.Status, line []upload.Waiting, book *contacts.Book) []Upload {
	out := make([]Upload, 0, len(all)+len(line))
	for _, s := range all {
		u := Upload{
			Peer: s.Peer.String(), Agent: transfer.Display(s.Agent), Name: transfer.Display(s.File.Name), URN: s.File.SHA1.URN(),
			Size: s.File.Size, Offset: s.Range.Start, Length: s.Range.End - s.Range.Start, Sent: s.Sent, Rate: int64(s.Rate), Since: s.Since,
		}
		if s.By != [32]byte{} {
			c, _ := book.Of(s.By)
			u.PeerID, u.PeerName = identity.PeerID(s.By).String(), c.Name
		}
		out = append(out, u)
	}
	for _, w := range line {
		out = append(out, Upload{
			Peer: w.Peer.String(), Agent: transfer.Display(w.Agent), Name: transfer.Display(w.File.Name), URN: w.File.SHA1.URN(),
			Size: w.File.Size, Position: w.Position, Since: w.Since,
		})
	}
	return out
}

func sharesOf(all []library.Status) []Share {
	out := make([]Share, 0, len(all))
	for _, s := range all {
		share := Share{
			Dir: s.Dir, Forced: s.Forced, Files: s.Files, Bytes: s.Bytes, Waiting: s.Waiting,
			Skipped: skipped(s.Skipped), Problems: []string{}, Scanned: s.Scanned,
		}
		for _, p := range s.Problems {
			share.Problems = append(share.Problems, transfer.Display(p.Rel+": "+p.Err.Error()))
		}
		if s.Err != nil {
			share.Error = text(s.Err)
		}
		out = append(out, share)
	}
	return out
}

func reportOf(dir string, r library.Report) ShareReport {
	out := ShareReport{
		Dir: dir, Files: r.Files, Bytes: r.Bytes, Sample: list(r.Sample), Warnings: list(r.Warnings()), Skipped: skipped(r.Skipped),
	}
	if r.Reason != library.NotRefused {
		out.Refused = r.Reason.String()
	}
	return out
}

func skipped(m map[library.Skip]int) map[string]int {
	out := make(map[string]int, len(m))
	for reason, n := range m {
		out[reason.String()] = n
	}
	return out
}

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func healthOf(checks []doctor.Check) Health {
	h := Health{Schema: Schema, Worst: doctor.Worst(checks).String(), Checks: make([]Check, 0, len(checks))}
	for _, c := range checks {
		h.Checks = append(h.Checks, Check{
			Name: c.Name, Level: c.Level.String(), Found: transfer.Display(c.Found), Means: transfer.Display(c.Means), Do: transfer.Display(c.Do),
		})
	}
	return h
}

func upkeepOf(u node.UpkeepStatus) Upkeep {
	return Upkeep{
		Links: u.Hour[nat.UpkeepLinks], Dials: u.Hour[nat.UpkeepDials], Datagrams: u.Hour[nat.UpkeepDatagrams], STUN: u.Hour[nat.UpkeepSTUN],
		Relays: u.Hour[nat.UpkeepRelays], Paths: u.Hour[nat.UpkeepPaths], Groups: u.Hour[nat.UpkeepGroups],
		Sum: u.Hour.Held(), Budget: u.Budget, Thrifty: u.Thrifty,
	}
}
