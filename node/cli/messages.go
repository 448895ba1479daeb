package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/urfave/cli/v2"

	"filbert/node"
	"filbert/node/api"
	"filbert/node/app/messages"
	"filbert/node/config"
	"filbert/node/shell"
)

// readMessages is how many of a conversation are shown unless --limit says otherwise.
const readMessages = 50

// openMessages makes the messages of a node, and opens their history beside its state.
func openMessages(conf *config.Config, n *node.Node, log zerolog.Logger) (*messages.App, *messages.History, error) {
	history, aside, err := messages.OpenHistory(filepath.Join(filepath.Dir(conf.Paths.State), "messages.db"))
	if err != nil {
		return nil, nil, err
	}
	if aside != "" {
		log.Warn().Str("kept_as", aside).Msg("the history of messages was damaged and has been begun anew")
	}
	return messages.New(n, history, log), history, nil
}

func (r *runner) messages() *cli.Command {
	return &cli.Command{
		Name: "msg", Usage: "write to a peer or a group; alone, list the conversations", ArgsUsage: "[PEER TEXT... | --group GROUP TEXT...]", Category: "network", Flags: clientFlags(inGroupFlag(), jsonFlag()),
		Description: "A message is signed, encrypted on its way, and read by nobody in between. If the peer is away it waits here and is sent as soon as both are\n" +
			"there; what is written to a group members pass on to those who come later. Words that begin with a dash stand behind --.\n" + peerHelp,
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if name := c.String("group"); name != "" && c.NArg() > 0 {
				m, err := n.PostMessage(c.Context, name, strings.Join(c.Args().Slice(), " "))
				if err != nil {
					return err
				}
				return show(r, c, m, func(api.Message) error { return nil })
			} else if name != "" {
				return usage("and what? `filbert msg --group %s TEXT...`; `filbert msg read --group %s` shows what was written", name, name)
			}
			switch c.NArg() {
			case 0:
				list, err := n.Conversations(c.Context)
				if err != nil {
					return err
				}
				return show(r, c, list, r.showConversations)
			case 1:
				return usage("and what? `filbert msg %s TEXT...`; `filbert msg read %s` shows what was written", c.Args().First(), c.Args().First())
			}
			m, err := n.SendMessage(c.Context, c.Args().First(), strings.Join(c.Args().Tail(), " "))
			if err != nil {
				return err
			}
			return show(r, c, m, func(api.Message) error { return nil })
		}),
		BashComplete: r.completeMessages,
		Subcommands: []*cli.Command{{
			Name: "read", Usage: "show what was written to and by a peer, or in a group", ArgsUsage: "PEER | --group GROUP", Description: peerHelp,
			Flags: clientFlags(inGroupFlag(), &cli.IntFlag{Name: "limit", Usage: "show the last `N`, 1000 at most", Value: readMessages}, jsonFlag()),
			Action: r.action(func(c *cli.Context, n *api.Client) error {
				with, err := withWhom(c)
				if err != nil {
					return err
				}
				load, mark := n.Messages, n.MarkRead
				if c.IsSet("group") {
					load, mark = n.GroupMessages, n.MarkGroupRead
				}
				list, err := load(c.Context, with, c.Int("limit"))
				if err != nil {
					return err
				}
				if err := show(r, c, list, r.showMessages); err != nil {
					return err
				}
				return mark(c.Context, with)
			}),
			BashComplete: r.completeMessages,
		}, {
			Name: "rm", Usage: "forget what was written to and by a peer, and what waits for it, or in a group", ArgsUsage: "PEER | --group GROUP",
			Flags: clientFlags(inGroupFlag()),
			Action: r.action(func(c *cli.Context, n *api.Client) error {
				with, err := withWhom(c)
				if err != nil {
					return err
				}
				remove := n.RemoveMessages
				if c.IsSet("group") {
					remove = n.RemoveGroupMessages
				}
				if err := remove(c.Context, with); err != nil {
					return err
				}
				r.say("the messages with %s are forgotten", with)
				return nil
			}),
			BashComplete: r.completeMessages,
		}},
	}
}

func inGroupFlag() cli.Flag {
	return groupFlag("not a peer but `GROUP`: its name, or the beginning of its ID")
}

// withWhom is the peer or group that a command names.
func withWhom(c *cli.Context) (string, error) {
	name := c.String("group")
	if words := c.NArg(); name == "" && words == 1 {
		return c.Args().First(), nil
	} else if name == "" || words > 0 {
		return "", usage("with whom? `filbert msg` lists the conversations")
	}
	return name, nil
}

// shortPeer is how a peer is shown: by its petname, or as unknown by the beginning of its ID.
func shortPeer(name, id string, known bool) string {
	if name == "" {
		name = fmt.Sprintf("%.12s", id)
	}
	if !known {
		name += " (unknown)"
	}
	return name
}

func (r *runner) showConversations(list []api.Conversation) error {
	if len(list) == 0 {
		r.say("no messages; `filbert msg PEER TEXT...` writes one")
		return nil
	}
	t := newTable(r.env.Out, "WITH", "UNREAD", "WAITING", "MESSAGES", "LAST", "TEXT")
	for _, c := range list {
		with := shortPeer(c.Name, c.With, c.Known)
		if c.Group && c.Known {
			with += " (group)"
		} else if c.Group {
			with = c.With + " (left)"
		}
		t.row(with, fmt.Sprint(c.Unread), fmt.Sprint(c.Waiting), fmt.Sprint(c.Messages),
			c.Last.Sent.Local().Format("2006-01-02 15:04"), clip(c.Last.Text, 40))
	}
	return t.end()
}

func (r *runner) showMessages(list []api.Message) error {
	for _, m := range list {
		if _, err := fmt.Fprintln(r.env.Out, messageLine(m, "2006-01-02 15:04")); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		r.say("no messages there")
	}
	return nil
}

// messageLine is one message, with its time in some form.
func messageLine(m api.Message, form string) string {
	who := "me"
	if !m.Mine {
		who = shortPeer(m.By, m.Author, m.Known)
	}
	line := m.Sent.Local().Format(form) + " " + who + ": " + m.Text
	if m.State != "received" && m.State != "delivered" && m.State != "posted" {
		line += " [" + m.State
		if m.Reason != "" {
			line += ": " + m.Reason
		}
		line += "]"
	}
	return line
}

// tellMessages prints what comes at the prompt until ctx ends.
func tellMessages(ctx context.Context, n *api.Client, p *shell.Printer) {
	n.WatchMessages(ctx, func(m api.Message) {
		switch {
		case !m.Mine && m.Group:
			p.Printf("[%s] %s", m.Name, messageLine(m, time.TimeOnly))
		case !m.Mine:
			p.Printf("%s", messageLine(m, time.TimeOnly))
		case m.State == "failed":
			p.Printf("not delivered to %s: %s", shortPeer(m.Name, m.With, m.Known), messageLine(m, time.TimeOnly))
		}
	}) // the next command tells of a node that is gone
}

// messageChoices is the contacts, and others that wrote.
func messageChoices(ctx context.Context, n *api.Client) []shell.Completion {
	out := contactChoices(ctx, n)
	list, err := n.Conversations(ctx)
	if err != nil {
		return out
	}
	for _, c := range list {
		if !c.Known {
			out = append(out, shell.Completion{Value: c.With, Help: clip(c.Last.Text, 30), Group: "unknown"})
		}
	}
	return out
}
