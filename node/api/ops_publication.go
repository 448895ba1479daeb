package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node"
	"filbert/node/publications"
	"filbert/node/space"
	"filbert/overlay/group"
	"filbert/transfer"
	"filbert/transfer/library"
	"filbert/transfer/publication"
)

// Publication is a folder that a member of a group gives to the others, version by version.
type Publication struct {
	Group     string    `json:"group" doc:"name of the group"`
	GroupID   string    `json:"group_id"`
	Name      string    `json:"name"`
	Publisher string    `json:"publisher" doc:"peer ID"`
	By        string    `json:"by,omitempty" doc:"petname of the publisher"`
	Version   uint64    `json:"version" doc:"the newest one that is announced; 0 if none is any more"`
	Time      time.Time `json:"time" doc:"when it was published, by the clock of its publisher"`
	Files     int       `json:"files"`
	Size      int64     `json:"size" doc:"bytes of all its files"`

	Own      bool     `json:"own,omitempty" doc:"it is published here"`
	Followed bool     `json:"followed,omitempty" doc:"its versions are fetched"`
	Dir      string   `json:"dir,omitempty" doc:"the folder that is published, or where versions are laid out"`
	Here     []uint64 `json:"here,omitempty" doc:"the versions that are here, oldest first"`
	Changed  int      `json:"changed,omitempty" doc:"files of the newest version here that are not what was published; they are not given to others"`

	Stage  string `json:"stage,omitempty" enum:"asking,fetching,laying out,waiting" doc:"what is done with the newest version"`
	Have   int64  `json:"have,omitempty" doc:"bytes of it"`
	Reused int64  `json:"reused,omitempty" doc:"of these from older versions"`
	Rate   int64  `json:"rate,omitempty" doc:"bytes per second"`
	Reason string `json:"reason,omitempty" doc:"why it waits"`

	Followers []Follower `json:"followers" doc:"members that follow it"`
}

// Follower is how much of a publication a member has.
type Follower struct {
	PeerID  string `json:"peer_id"`
	Name    string `json:"name,omitempty" doc:"petname"`
	Self    bool   `json:"self,omitempty" doc:"it is this node"`
	Version uint64 `json:"version"`
	Percent int    `json:"percent" doc:"of that version, in steps of ten; 100: all is laid out"`
}

// Published is what came of publishing a folder.
type Published struct {
	Version   uint64   `json:"version"`
	Unchanged bool     `json:"unchanged,omitempty" doc:"the folder is as it was: no version was made"`
	Files     int      `json:"files"`
	Size      int64    `json:"size"`
	Left      int      `json:"left,omitempty" doc:"files and folders that were left out"`
	LeftOut   []string `json:"left_out,omitempty" doc:"the first of them, with reasons"`
}

func (s *Server) publicationsOf(g *group.Group) []Publication {
	d, err := s.cfg.Node.Publications(g)
	if err != nil {
		return nil
	}
	self := s.cfg.Node.PeerID()
	var out []Publication
	for _, st := range d.List() {
		p := Publication{
			Group: transfer.Display(g.State().Name()), GroupID: g.ID().String(), Name: transfer.Display(st.Name), Publisher: st.Publisher.String(),
			By: s.cfg.Node.Contact(st.Publisher).Name, Version: st.Version, Time: st.Time.UTC(), Files: st.Files, Size: st.Bytes,
			Own: st.Own, Followed: st.Followed, Dir: st.Dir, Here: st.Held, Changed: st.Changed,
			Stage: string(st.Stage), Have: st.Here, Reused: st.Reused, Rate: st.Rate, Reason: transfer.Display(st.Reason), Followers: []Follower{},
		}
		for _, m := range st.Members {
			p.Followers = append(p.Followers, Follower{
				PeerID: m.Peer.String(), Name: s.cfg.Node.Contact(m.Peer).Name, Self: m.Peer == self, Version: m.Version, Percent: m.Percent,
			})
		}
		out = append(out, p)
	}
	return out
}

// publications is those of one group, or of all if it has no name.
func (s *Server) publications(name string) ([]Publication, error) {
	groups := s.cfg.Node.Groups()
	if name != "" {
		g, err := s.cfg.Node.Group(name)
		if err != nil {
			return nil, groupFailure(err)
		}
		groups = []*group.Group{g}
	}
	out := []Publication{}
	for _, g := range groups {
		out = append(out, s.publicationsOf(g)...)
	}
	return out, nil
}

func (s *Server) publicationOperations(api huma.API) {
	type list struct {
		Group string `query:"group" maxLength:"300" doc:"of this group alone"`
	}
	huma.Get(api, "/v1/publications", func(_ context.Context, in *list) (*body[[]Publication], error) {
		out, err := s.publications(in.Group)
		return answer(out), err
	})
	huma.Register(api, huma.Operation{
		OperationID: "watch-publications", Method: "GET", Path: "/v1/publications/events",
		Summary:   "Watch publications",
		Responses: events("events `publications` (a list of Publication): all of them, at once and whenever something changed, twice a second at most"),
	}, func(_ context.Context, in *list) (*huma.StreamResponse, error) {
		if _, err := s.publications(in.Group); err != nil {
			return nil, err
		}
		return streaming(func(ctx context.Context, out *stream) { s.watchPublications(ctx, in.Group, out) }), nil
	})
	type publish struct {
		Group string `path:"group" maxLength:"300" doc:"its name, or at least 6 characters of its ID"`
		Body  struct {
			Dir   string `json:"dir" maxLength:"4096" doc:"absolute path"`
			Name  string `json:"name" maxLength:"300" doc:"of the publication, up to 100 bytes"`
			Force bool   `json:"force,omitempty" doc:"publish it although such a folder is refused"`
			Keep  int    `json:"keep,omitempty" minimum:"1" maximum:"100" doc:"how many versions are kept; 3 when absent"`
		}
	}
	huma.Post(api, "/v1/groups/{group}/publications", func(ctx context.Context, in *publish) (*body[Published], error) {
		g, err := s.cfg.Node.Group(in.Group)
		if err != nil {
			return nil, groupFailure(err)
		}
		if !in.Body.Force && filepath.IsAbs(in.Body.Dir) {
			if err := library.Allowed(in.Body.Dir); err != nil {
				return nil, shareFailure(err)
			}
		}
		p, err := s.cfg.Node.Publish(ctx, g, in.Body.Dir, in.Body.Name, in.Body.Keep)
		unchanged := errors.Is(err, publications.ErrNothing)
		if err != nil && !unchanged {
			return nil, publicationFailure(err)
		}
		return answer(Published{
			Version: p.Version, Unchanged: unchanged, Files: p.Files, Size: p.Bytes, Left: p.Left.Count, LeftOut: p.Left.Names,
		}), nil
	})
	type follow struct {
		Group string `path:"group" maxLength:"300" doc:"as above"`
		Body  struct {
			Name string `json:"name" maxLength:"300" doc:"of the publication"`
			By   string `json:"by,omitempty" maxLength:"300" doc:"peer ID or petname of its publisher, if several publish under the name"`
			Dir  string `json:"dir,omitempty" maxLength:"4096" doc:"absolute path; a folder in that of the group when absent"`
		}
	}
	huma.Post(api, "/v1/groups/{group}/follows", func(_ context.Context, in *follow) (*struct{}, error) {
		g, err := s.cfg.Node.Group(in.Group)
		if err != nil {
			return nil, groupFailure(err)
		}
		id, err := s.cfg.Node.FindPublication(g, in.Body.Name, in.Body.By)
		if err == nil {
			err = s.cfg.Node.Follow(g, id, in.Body.Dir)
		}
		return nil, publicationFailure(err)
	})
	type unfollow struct {
		Group string `path:"group" maxLength:"300" doc:"as above"`
		Name  string `path:"name" maxLength:"300" doc:"of the publication; one of this node is published no more"`
		By    string `query:"by" maxLength:"300" doc:"as of POST"`
	}
	huma.Delete(api, "/v1/groups/{group}/follows/{name}", func(ctx context.Context, in *unfollow) (*struct{}, error) {
		g, err := s.cfg.Node.Group(in.Group)
		if err != nil {
			return nil, groupFailure(err)
		}
		id, err := s.cfg.Node.FindPublication(g, in.Name, in.By)
		if err != nil {
			return nil, publicationFailure(err)
		}
		d, err := s.cfg.Node.Publications(g)
		if err == nil {
			err = d.Unfollow(ctx, id)
		}
		return nil, publicationFailure(err)
	})
}

// watchPublications sends all publications whenever something changed, until ctx ends.
func (s *Server) watchPublications(ctx context.Context, name string, out *stream) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	sent := ""
	for {
		now, err := s.publications(name)
		if err != nil {
			return // the group was left
		}
		b, err := json.Marshal(now)
		if err != nil {
			panic(err) // a type of ours that JSON cannot hold
		}
		if string(b) != sent {
			sent = string(b)
			out.send("publications", now)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// publicationFailure says why something is not done with a publication.
func publicationFailure(err error) error {
	status := 0
	switch {
	case err == nil:
		return nil
	case errors.Is(err, publications.ErrUnknown):
		status = http.StatusNotFound
	case errors.Is(err, node.ErrManyPublications), errors.Is(err, publications.ErrFollowed), errors.Is(err, publications.ErrTaken), errors.Is(err, publications.ErrOwn):
		status = http.StatusConflict
	case errors.Is(err, publications.ErrGuest), errors.Is(err, space.ErrPublic):
		status = http.StatusForbidden
	case errors.Is(err, publications.ErrMany):
		status = http.StatusTooManyRequests
	case errors.Is(err, node.ErrRelative), errors.Is(err, publication.ErrManifest), errors.Is(err, publication.ErrName), errors.Is(err, publication.ErrFolder):
		status = http.StatusUnprocessableEntity
	default:
		return groupFailure(err)
	}
	return huma.NewError(status, text(err))
}
