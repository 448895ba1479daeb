package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/node/shell"
)

// groupHelp is what GROUP stands for.
const groupHelp = "GROUP is the name of a group, or the beginning of its ID; PEER a peer ID or a petname, see `filbert contacts`."

// muchSigned is from when on an owner is told that it can not go on for ever.
const muchSigned = 0.75

// groupPoll is how often a group that is watched is looked at.
const groupPoll = time.Second

func (r *runner) group() *cli.Command {
	return &cli.Command{
		Name: "group", Usage: "private spaces for peers that know each other", Category: "network", Flags: clientFlags(jsonFlag()),
		Description: "Without a word it lists the groups that this node takes part in. Who makes a group owns it, invites others and expels them; what members\n" +
			"tell each other is encrypted with a key that changes with each expulsion. Members reach each other through NATs.\n" + groupHelp,
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if c.Args().Present() {
				return unknown(c.Args().First(), c.Command.Subcommands, "group ")
			}
			list, err := n.Groups(c.Context)
			if err != nil {
				return err
			}
			return show(r, c, list, r.showGroups)
		}),
		Subcommands: []*cli.Command{{
			Name: "create", Usage: "make a group", ArgsUsage: "NAME", Flags: clientFlags(jsonFlag()),
			Action: r.onGroup(1, "what is it called? `filbert group create NAME`", func(c *cli.Context, n *api.Client) error {
				g, err := n.FoundGroup(c.Context, c.Args().First())
				if err != nil {
					return err
				}
				return show(r, c, g, func(g api.Group) error {
					r.say("`filbert group invite %s` lets somebody in", g.Name)
					return r.showGroups([]api.Group{g})
				})
			}),
		}, r.invite(), r.invites(), r.groupLimit(), {
			Name: "join", Usage: "become a member by an invite", ArgsUsage: "INVITE", Flags: clientFlags(jsonFlag()),
			Action: r.onGroup(1, "by which invite? `filbert group join INVITE`", func(c *cli.Context, n *api.Client) error {
				g, err := n.JoinGroup(c.Context, c.Args().First())
				if err != nil {
					return err
				}
				return show(r, c, g, func(g api.Group) error { return r.showGroups([]api.Group{g}) })
			}),
		}, {
			Name: "status", Usage: "show the members of a group", ArgsUsage: "GROUP", Description: groupHelp,
			Flags: clientFlags(jsonFlag(), &cli.BoolFlag{Name: "watch", Usage: "go on showing who comes and goes"}),
			Action: r.onGroup(1, "of which group? `filbert group` lists them", func(c *cli.Context, n *api.Client) error {
				if c.Bool("watch") {
					return r.watchGroup(c, n)
				}
				g, err := n.Group(c.Context, c.Args().First())
				if err != nil {
					return err
				}
				return show(r, c, g, r.showGroup)
			}),
			BashComplete: r.completeGroups,
		}, {
			Name: "role", Usage: "make a member an owner, or something else", ArgsUsage: "GROUP PEER guest|member|owner", Flags: clientFlags(), Description: groupHelp,
			Action: r.onGroup(3, "whose, and which? `filbert group role GROUP PEER guest|member|owner`", func(c *cli.Context, n *api.Client) error {
				if err := n.SetRole(c.Context, c.Args().First(), c.Args().Get(1), c.Args().Get(2)); err != nil {
					return err
				}
				r.say("%s: %s", c.Args().Get(1), c.Args().Get(2))
				return nil
			}),
			BashComplete: r.completeGroups,
		}, {
			Name: "expel", Usage: "remove a member; the others get a new key", ArgsUsage: "GROUP PEER", Flags: clientFlags(), Description: groupHelp,
			Action: r.onGroup(2, "whom? `filbert group expel GROUP PEER`", func(c *cli.Context, n *api.Client) error {
				if err := n.Expel(c.Context, c.Args().First(), c.Args().Get(1)); err != nil {
					return err
				}
				r.say("%s is a member no more, and reads nothing that is sent from now on", c.Args().Get(1))
				return nil
			}),
			BashComplete: r.completeGroups,
		}, {
			Name: "rotate", Usage: "give a group a new key", ArgsUsage: "GROUP", Flags: clientFlags(), Description: groupHelp,
			Action: r.onGroup(1, "which group? `filbert group rotate GROUP`", func(c *cli.Context, n *api.Client) error {
				if err := n.RotateGroup(c.Context, c.Args().First()); err != nil {
					return err
				}
				r.say("%s has a new key", c.Args().First())
				return nil
			}),
			BashComplete: r.completeGroups,
		}, {
			Name: "leave", Usage: "end the membership of this node", ArgsUsage: "GROUP", Flags: clientFlags(), Description: groupHelp,
			Action: r.onGroup(1, "which group? `filbert group leave GROUP`", func(c *cli.Context, n *api.Client) error {
				if err := n.LeaveGroup(c.Context, c.Args().First()); err != nil {
					return err
				}
				r.say("%s is left", c.Args().First())
				return nil
			}),
			BashComplete: r.completeGroups,
		}},
	}
}

// onGroup is the action of a command that wants so many words.
func (r *runner) onGroup(words int, how string, do func(*cli.Context, *api.Client) error) cli.ActionFunc {
	return r.action(func(c *cli.Context, n *api.Client) error {
		if c.NArg() != words {
			return usage("%s", how)
		}
		return do(c, n)
	})
}

func (r *runner) showGroups(list []api.Group) error {
	if len(list) == 0 {
		r.say("no group; `filbert group create NAME` makes one, `filbert group join INVITE` joins one")
		return nil
	}
	t := newTable(r.env.Out, "NAME", "ROLE", "MEMBERS", "THERE", "ID")
	for _, g := range list {
		t.row(g.Name, g.Role, fmt.Sprint(g.Members), fmt.Sprint(g.Online), g.ID)
		r.warnOfGroup(g)
	}
	return t.end()
}

func (r *runner) showGroup(g api.Group) error {
	t := newTable(r.env.Out, "NAME", "ROLE", "THERE", "SINCE", "PEER ID")
	for _, m := range g.List {
		name := orDash(m.Name)
		if m.Self {
			name = "(this node)"
		}
		there := "-"
		if m.Online {
			there = "yes"
		}
		t.row(name, m.Role, there, m.Since.Local().Format(time.DateOnly), m.PeerID)
	}
	if g.Limit != nil {
		r.say("%s: its members get of this node %s", g.Name, limitText(*g.Limit))
	}
	r.warnOfGroup(g)
	return t.end()
}

// warnOfGroup says what is wrong with a group.
func (r *runner) warnOfGroup(g api.Group) {
	switch {
	case g.Role == "none":
		r.say("%s: this node was expelled; `filbert group leave %s` forgets the group", g.Name, g.Name)
	case g.Unsafe && g.Role == "owner":
		r.say("%s: nothing is sent until it has a new key: `filbert group rotate %s`", g.Name, g.Name)
	case g.Unsafe:
		r.say("%s: nothing is sent until an owner gives it a new key", g.Name)
	case g.Role == "owner" && g.Signed > muchSigned:
		r.say("%s: %.0f %% of what this node can sign as an owner is used, and in the end it lets nobody in; another can: `filbert group role %s PEER owner`",
			g.Name, 100*g.Signed, g.Name)
	}
}

// watchGroup tells who comes and goes, a line each, until the user has seen enough.
func (r *runner) watchGroup(c *cli.Context, n *api.Client) error {
	tick := time.NewTicker(groupPoll)
	defer tick.Stop()
	seen := map[string]string{}
	for {
		g, err := n.Group(c.Context, c.Args().First())
		if c.Context.Err() != nil {
			return nil // that is how it ends
		}
		if err != nil {
			return err
		}
		now := map[string]string{}
		for _, m := range g.List {
			state := "away"
			if m.Online {
				state = "there"
			}
			now[m.PeerID] = state
			if seen[m.PeerID] != state {
				fmt.Fprintf(r.env.Out, "%s  %-5s  %-6s  %s\n", time.Now().Format(time.TimeOnly), state, m.Role, orElse(m.Name, m.PeerID))
			}
		}
		for peer := range seen {
			if now[peer] == "" {
				fmt.Fprintf(r.env.Out, "%s  %-5s  %-6s  %s\n", time.Now().Format(time.TimeOnly), "gone", "-", peer)
			}
		}
		seen = now
		select {
		case <-tick.C:
		case <-c.Context.Done():
			return nil
		}
	}
}

func (r *runner) completeGroups(c *cli.Context) { r.complete(c, groupChoices) }

// groupChoices is the groups of the node.
func groupChoices(ctx context.Context, n *api.Client) []shell.Completion {
	list, err := n.Groups(ctx)
	if err != nil {
		return nil
	}
	var out []shell.Completion
	for _, g := range list {
		out = append(out, shell.Completion{Value: g.Name, Help: strings.TrimSpace(fmt.Sprintf("%d members, %.12s", g.Members, g.ID)), Group: "groups"})
	}
	return out
}
