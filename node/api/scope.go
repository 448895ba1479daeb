package api

import (
	"context"

	"filbert/node/space"
	"filbert/query"
	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/upload"
)

// Scope says who has a part in something: everybody, or the members of a group.
type Scope struct {
	Group     string `json:"group,omitempty" doc:"ID of the group whose members alone have a part in it; absent: everybody"`
	GroupName string `json:"group_name,omitempty" doc:"name of that group"`
}

func scopeOf(sp *space.Space) Scope {
	if sp == nil {
		return Scope{}
	}
	return Scope{sp.ID().String(), transfer.Display(sp.Group().State().Name())}
}

// space is what the group that a request names shares, nil if it names none.
func (s *Server) space(group string) (*space.Space, error) {
	if group == "" {
		return nil, nil
	}
	g, err := s.cfg.Node.Group(group)
	if err != nil {
		return nil, groupFailure(err)
	}
	sp, err := s.cfg.Node.Space(g)
	return sp, groupFailure(err)
}

// result shows a result, and where members of a group have it which of them are there.
func (s *Server) result(r query.Result) Result {
	out := resultOf(r, s.cfg.Node.Contacts())
	if r.Group == "" {
		return out
	}
	out.Scope = Scope{Group: r.Group}
	there := map[string]bool{}
	if sp, err := s.cfg.Node.SpaceOf(r.Group); err == nil { // else it was left
		out.Scope = scopeOf(sp)
		for _, p := range sp.Present() {
			there[p.String()] = true
		}
	}
	for i := range out.Sources {
		out.Sources[i].Away = !there[out.Sources[i].PeerID]
	}
	return out
}

// manager is the downloads of a space, or of the open network; nil if nothing can be
// fetched there.
func (s *Server) manager(sp *space.Space) *download.Manager {
	if sp == nil {
		return s.cfg.Node.Manager()
	}
	return sp.Downloads()
}

// allDownloads is those of the open network, then those of each group.
func (s *Server) allDownloads() []Download {
	out := s.downloads(s.cfg.Node.Downloads())
	for _, sp := range s.cfg.Node.Spaces() {
		if m := sp.Downloads(); m != nil {
			for _, st := range m.List() {
				out = append(out, s.downloadIn(sp, st))
			}
		}
	}
	return out
}

// downloadIn is a download of a space.
func (s *Server) downloadIn(sp *space.Space, st download.Status) Download {
	if sp == nil {
		return s.download(st)
	}
	d := downloadOf(st)
	d.Scope = scopeOf(sp)
	return d
}

// allShares is the folders that everybody gets, then those of each group.
func (s *Server) allShares() []Share {
	out := sharesOf(s.cfg.Node.Library().Shares())
	for _, sp := range s.cfg.Node.Spaces() {
		for _, share := range sharesOf(sp.Shares()) {
			share.Scope = scopeOf(sp)
			out = append(out, share)
		}
	}
	return out
}

// allUploads is what is sent to anybody, then what is sent to members of each group.
func (s *Server) allUploads() []Upload {
	out := s.uploadsIn(nil, s.cfg.Node.Uploads(), s.cfg.Node.WaitingForUploads())
	for _, sp := range s.cfg.Node.Spaces() {
		out = append(out, s.uploadsIn(sp, sp.Uploads().Uploads(), sp.Uploads().Waiting())...)
	}
	return out
}

func (s *Server) uploadsIn(sp *space.Space, all []upload.Status, line []upload.Waiting) []Upload {
	out := uploadsOf(all, line, s.cfg.Node.Contacts())
	for i := range out {
		out[i].Scope = scopeOf(sp)
	}
	return out
}

// share shares a folder with a group, or with everybody.
func (s *Server) share(ctx context.Context, sp *space.Space, dir string, force bool) error {
	if sp == nil {
		return s.cfg.Node.Share(ctx, dir, force)
	}
	return sp.Share(ctx, dir, force)
}

// unshare ends that.
func (s *Server) unshare(ctx context.Context, sp *space.Space, dir string) error {
	if sp == nil {
		return s.cfg.Node.Unshare(ctx, dir)
	}
	return sp.Unshare(ctx, dir)
}

// rescan looks through the folders that are shared with anybody.
func (s *Server) rescan(ctx context.Context) error {
	err := s.cfg.Node.Library().Rescan(ctx)
	for _, sp := range s.cfg.Node.Spaces() {
		if err == nil {
			err = sp.Library().Rescan(ctx)
		}
	}
	return err
}
