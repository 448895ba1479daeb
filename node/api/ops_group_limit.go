package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node/space"
	"filbert/overlay/group"
)

// GroupLimit is what the members of a group, all together, may take of this node.
type GroupLimit struct {
	Up    int64 `json:"up_kib" doc:"KiB per second of files, within upload-limit; 0: no limit of their own"`
	Slots int   `json:"slots" doc:"files sent to them at a time; 0: as upload-slots says"`
}

func limitOf(q space.Quota) GroupLimit { return GroupLimit{Up: q.Up >> 10, Slots: q.Slots} }

// groupLimit is that of a group, nil if there is none.
func (s *Server) groupLimit(g *group.Group) *GroupLimit {
	sp, err := s.cfg.Node.Space(g)
	if err != nil || sp.Quota() == (space.Quota{}) {
		return nil
	}
	l := limitOf(sp.Quota())
	return &l
}

func (s *Server) groupLimitOperations(api huma.API) {
	type set struct {
		Group string `path:"group" maxLength:"300" doc:"as of GET"`
		Body  struct {
			Up    *int64 `json:"up_kib,omitempty" minimum:"0" maximum:"1073741824" doc:"KiB per second; 0 is no limit; as it was if absent"`
			Slots *int   `json:"slots,omitempty" minimum:"0" maximum:"256" doc:"files at a time; 0 is as upload-slots says; as it was if absent"`
		}
	}
	huma.Put(api, "/v1/groups/{group}/limit", func(_ context.Context, in *set) (*body[GroupLimit], error) {
		g, err := s.cfg.Node.Group(in.Group)
		if err != nil {
			return nil, groupFailure(err)
		}
		sp, err := s.cfg.Node.Space(g)
		if err != nil {
			return nil, groupFailure(err)
		}
		q, err := sp.SetQuota(func(q *space.Quota) {
			if in.Body.Up != nil {
				q.Up = *in.Body.Up << 10
			}
			if in.Body.Slots != nil {
				q.Slots = *in.Body.Slots
			}
		})
		if err != nil {
			return nil, groupFailure(err)
		}
		return answer(limitOf(q)), nil
	})
}
