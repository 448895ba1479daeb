package stun

import (
	"context"
	"errors"
	"fmt"
)

// filterServer is the server that can tell most about filtering.
func (d *discovery) filterServer() ServerFinding {
	good := d.report.answered()
	best, rank := good[0], 0
	for _, s := range good {
		r := 0
		switch other := s.Answer.Other; {
		case !other.IsValid():
		case other.Addr() != s.Server.Addr() && other.Port() != s.Server.Port():
			r = 2
		case other.Addr() == s.Server.Addr() && other.Port() != s.Server.Port():
			r = 1
		}
		if r > rank {
			best, rank = s, r
		}
	}
	return best
}

// filtering is the test of RFC 5780 §4.4: a port that has sent to one address of a
// server only asks it to answer from others.
func (d *discovery) filtering(ctx context.Context, s ServerFinding) {
	other := s.Answer.Other
	if !other.IsValid() || other.Port() == s.Server.Port() {
		d.report.find("filtering", fmt.Sprintf("%v for its other address", s.Server), "it has none", "filtering is not known")
		return
	}
	// What is filtered and what is not sent look the same: is anybody there at all?
	if d.up != other {
		if _, err := d.Client.Bind(ctx, other, Options{Config: d.patience()}); err != nil {
			d.report.find("filtering", other.String(), err.Error(), "filtering is not known: the server's other address does not answer")
			return
		}
	}
	open := FilteringPortIndependent
	if other.Addr() != s.Server.Addr() {
		passed, known := d.lets(ctx, s, ChangeIPAndPort)
		if !known {
			return
		}
		if passed {
			d.concludeFiltering(FilteringEndpointIndependent, s, ChangeIPAndPort, "an answer", "anybody may send to a port that is mapped")
			return
		}
		open = FilteringAddressDependent
	}
	switch passed, known := d.lets(ctx, s, ChangePort); {
	case !known:
	case !passed:
		d.concludeFiltering(FilteringAddressAndPortDependent, s, ChangePort, "no answer", "only ports that were sent to may answer")
	case open == FilteringAddressDependent:
		d.concludeFiltering(open, s, ChangePort, "an answer", "hosts that were sent to may answer from any port")
	default:
		d.concludeFiltering(open, s, ChangePort, "an answer",
			"hosts that were sent to may answer from any port; whether others may takes a server with two addresses")
	}
}

// lets reports whether the answer from elsewhere came through, and whether that says
// anything.
func (d *discovery) lets(ctx context.Context, s ServerFinding, c Change) (passed, known bool) {
	a, err := d.fresh.Bind(ctx, s.Server, Options{Change: c, Other: s.Answer.Other, Config: d.patience()})
	asked := fmt.Sprintf("%v to answer from its %v", s.Server, c)
	switch {
	case errors.Is(err, ErrTimeout):
		return false, true
	case err != nil:
		d.report.find("filtering", asked, err.Error(), "filtering is not known")
		return false, false
	case a.From == s.Server:
		d.report.find("filtering", asked, "it did not", "filtering is not known")
		return false, false
	}
	return true, true
}

func (d *discovery) concludeFiltering(f Filtering, s ServerFinding, c Change, answer, means string) {
	d.report.Filtering = f
	d.report.find("filtering", fmt.Sprintf("%v, from a port it alone knows, to answer from its %v", s.Server, c), answer, f.String()+": "+means)
}
