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
		Name: "msg", Usage: "write to a peer; alone, list the conversations", ArgsUsage: "[PEER TEXT...]", Category: "network", Flags: clientFlags(jsonFlag()),
		Description: "A message is signed, encrypted on its way, and read by nobody in between. If the peer is away it waits here and is sent as soon as both are\n" +
			"there. Words that begin with a dash stand behind --.\n" + peerHelp,
		Action: r.action(func(c *cli.Context, n *api.Client) error {
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
			Name: "read", Usage: "show what was written to and by a peer", ArgsUsage: "PEER", Description: peerHelp,
			Flags: clientFlags(&cli.IntFlag{Name: "limit", Usage: "show the last `N`, 1000 at most", Value: readMessages}, jsonFlag()),
			Action: r.action(func(c *cli.Context, n *api.Client) error {
				if c.NArg() != 1 {
					return usage("with whom? `filbert msg` lists the conversations")
				}
				list, err := n.Messages(c.Context, c.Args().First(), c.Int("limit"))
				if err != nil {
					return err
				}
				if err := show(r, c, list, r.showMessages); err != nil {
					return err
				}
				return n.MarkRead(c.Context, c.Args().First())
			}),
			BashComplete: r.completeMessages,
		}, {
			Name: "rm", Usage: "forget what was written to and by a peer, and what waits for it", ArgsUsage: "PEER", Flags: clientFlags(),
			Action: r.action(func(c *cli.Context, n *api.Client) error {
				if c.NArg() != 1 {
					return usage("with whom? `filbert msg` lists the conversations")
				}
				if err := n.RemoveMessages(c.Context, c.Args().First()); err != nil {
					return err
				}
				r.say("the messages with %s are forgotten", c.Args().First())
				return nil
			}),
			BashComplete: r.completeMessages,
		}},
	}
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
		t.row(shortPeer(c.Name, c.With, c.Known), fmt.Sprint(c.Unread), fmt.Sprint(c.Waiting), fmt.Sprint(c.Messages),
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
		r.say("no messages with that peer")
	}
	return nil
}

// messageLine is one message, with its time in some form.
func messageLine(m api.Message, form string) string {
	who := "me"
	if !m.Mine {
		who = shortPeer(m.Name, m.With, m.Known)
	}
	line := m.Sent.Local().Format(form) + " " + who + ": " + m.Text
	if m.State != "received" && m.State != "delivered" {
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
