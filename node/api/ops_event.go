package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	happening "filbert/node/events"
	"filbert/overlay/identity"
	"filbert/transfer"
)

// Event is something that happened to the node.
type Event struct {
	Number uint64    `json:"number" doc:"in the order in which they happened"`
	Time   time.Time `json:"time"`
	Kind   string    `json:"kind" doc:"such as neighbor-down, member-dead, disk-problem"`
	Who    string    `json:"who" doc:"whom it is about: an address, a peer ID, the name of a file"`
	PeerID string    `json:"peer_id,omitempty" doc:"of that, if it was proven"`
	Name   string    `json:"name,omitempty" doc:"petname, given by the user"`
	Group  string    `json:"group,omitempty" doc:"ID of the group in which it happened"`
	In     string    `json:"in,omitempty" doc:"the name of that group, while the node takes part in it"`
	Cause  string    `json:"cause,omitempty"`
}

// eventInput bounds how old events may be.
type eventInput struct {
	Seconds float64 `query:"seconds" minimum:"0" maximum:"1e9" doc:"how long ago they happened at most; all that are kept when absent"`
}

// since is the time before which nothing is wanted.
func (in *eventInput) since() time.Time {
	if in.Seconds == 0 {
		return time.Time{}
	}
	return time.Now().Add(-time.Duration(in.Seconds * float64(time.Second)))
}

func (s *Server) eventOf(e *happening.Event) Event {
	out := Event{
		Number: e.Number, Time: e.Time.UTC(), Kind: e.Kind.String(), Who: transfer.Display(e.Who), PeerID: e.Peer, Group: e.In,
		Cause: transfer.Display(e.Cause),
	}
	if p, err := identity.ParsePeerID(e.Peer); err == nil {
		out.Name = s.cfg.Node.Contact(p).Name
	}
	if g, err := s.cfg.Node.Group(e.In); err == nil {
		out.In = transfer.Display(g.State().Name())
	}
	return out
}

func (s *Server) eventOperations(api huma.API) {
	huma.Get(api, "/v1/events", func(_ context.Context, in *eventInput) (*body[[]Event], error) {
		out, since := []Event{}, in.since()
		list, _ := s.cfg.Node.Events().After(0)
		for _, e := range list {
			if !e.Time.Before(since) {
				out = append(out, s.eventOf(&e))
			}
		}
		return answer(out), nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "watch-events", Method: "GET", Path: "/v1/events/stream",
		Summary:   "Watch events",
		Responses: events("events `event` (Event) for each that is kept, and for each from now on"),
	}, func(_ context.Context, in *eventInput) (*huma.StreamResponse, error) {
		since := in.since()
		return streaming(func(ctx context.Context, out *stream) {
			for after := uint64(0); ; {
				list, more := s.cfg.Node.Events().After(after)
				for _, e := range list {
					if after = e.Number; !e.Time.Before(since) && ctx.Err() == nil {
						out.send("event", s.eventOf(&e))
					}
				}
				select {
				case <-more:
				case <-ctx.Done():
					return
				}
			}
		}), nil
	})
}
