package oob

import (
	"net/netip"
	"time"

	"filbert/overlay/wire"
)

// Kind is what an Action does.
type Kind uint8

// The kinds.
const (
	Offer  Kind = iota // send the offer of len(Records) results to To again
	Ping               // ping To, and call Proved when it answers
	Hits               // send Records to To
	InBand             // nobody answers the ping: send Records back along the query's way
)

// Action is something to be done now.
type Action struct {
	Kind    Kind
	GUID    wire.GUID
	Hops    wire.Hops
	To      netip.AddrPort
	Secure  bool
	Deflate bool
	Token   []byte // Hits of version 3
	Records []wire.Record
}

// Due returns what is to be done now. The slice is valid until the next call.
func (o *Offers) Due(now time.Time) []Action {
	clear(o.due)
	o.due = o.due[:0]
	for _, f := range o.list {
		switch f.state {
		case waiting:
			o.wait(now, f)
		case challenged:
			o.challenge(now, f)
		case sending:
			o.send(now, f)
		}
	}
	o.sweep(now)
	return o.due
}

// act adds an action about an offer.
func (o *Offers) act(f *offer, k Kind, to netip.AddrPort, records []wire.Record) {
	o.due = append(o.due, Action{k, f.GUID, f.Hops, to, f.Secure, f.Deflate, f.token, records})
}

// wait repeats an offer, and gives it up in the end.
func (o *Offers) wait(now time.Time, f *offer) {
	switch {
	case now.Sub(f.since) >= claimWait:
		h := o.hosts[f.To.Addr()]
		if h.unclaimed++; h.unclaimed >= maxUnclaimed {
			h.unclaimed, h.refused = 0, now.Add(refusal)
		}
		o.end(f)
	case f.tries < Tries && !now.Before(f.next):
		f.tries++
		f.next = now.Add(offerPause)
		o.act(f, Offer, f.To, f.Records)
	}
}

// challenge pings whoever claimed, in case somebody else wrote that address on
// the claim.
func (o *Offers) challenge(now time.Time, f *offer) {
	switch {
	case now.Before(f.next):
	case f.tries < challenges:
		f.tries++
		f.next = now.Add(challengePause)
		o.act(f, Ping, f.claimer, nil)
	default:
		o.act(f, InBand, f.claimer, f.Records)
		o.end(f)
	}
}

// send sends one packet, if the host's last one was long enough ago.
func (o *Offers) send(now time.Time, f *offer) {
	h := o.hosts[f.To.Addr()]
	switch {
	case now.Sub(f.since) >= keep:
		o.end(f)
	case !now.Before(h.next):
		o.act(f, Hits, f.claimer, f.packets[0])
		f.packets = f.packets[1:]
		h.packets--
		h.next = now.Add(packetPause + time.Duration(o.rnd.Int64N(int64(packetJitter))))
		if len(f.packets) == 0 {
			o.end(f)
		}
	}
}
