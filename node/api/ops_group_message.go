package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node/app/messages"
	"filbert/overlay/group"
)

func (s *Server) groupMessageOperations(api huma.API) {
	type post struct {
		Group string `path:"group" maxLength:"300" doc:"as of /v1/groups/{group}"`
		Body  struct {
			Text string `json:"text" maxLength:"4096" doc:"4,096 bytes at most"`
		}
	}
	huma.Post(api, "/v1/groups/{group}/messages", func(_ context.Context, in *post) (*body[Message], error) {
		app, err := s.messages()
		if err != nil {
			return nil, err
		}
		g, err := s.cfg.Node.Group(in.Group)
		if err != nil {
			return nil, groupFailure(err)
		}
		e, err := app.Post(g, in.Body.Text)
		if err != nil {
			return nil, messageFailure(err)
		}
		return answer(s.messageOf(e)), nil
	})
	type read struct {
		Group string `path:"group" maxLength:"300" doc:"as of /v1/groups/{group}; of one that was left its whole ID"`
		Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"the last ones, so many"`
	}
	huma.Get(api, "/v1/groups/{group}/messages", func(_ context.Context, in *read) (*body[[]Message], error) {
		out := []Message{}
		err := s.inGroup(in.Group, func(app *messages.App, with messages.Conversation) error {
			list, err := app.Messages(with, in.Limit)
			for _, e := range list {
				out = append(out, s.messageOf(e))
			}
			return err
		})
		return answer(out), err
	})
	huma.Post(api, "/v1/groups/{group}/messages/read", func(_ context.Context, in *groupInput) (*struct{}, error) {
		return nil, s.inGroup(in.Group, (*messages.App).MarkRead)
	})
	huma.Delete(api, "/v1/groups/{group}/messages", func(_ context.Context, in *groupInput) (*struct{}, error) {
		return nil, s.inGroup(in.Group, (*messages.App).Remove)
	})
}

// inGroup does something with the messages of a group, which may have been left.
func (s *Server) inGroup(text string, do func(*messages.App, messages.Conversation) error) error {
	app, err := s.messages()
	if err != nil {
		return err
	}
	id, err := group.ParseID(text)
	if err != nil {
		g, err := s.cfg.Node.Group(text)
		if err != nil {
			return groupFailure(err)
		}
		id = g.ID()
	}
	return messageFailure(do(app, messages.In(id)))
}
