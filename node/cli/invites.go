package cli

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
)

// inviteLife is how long an invite can be used unless --for says otherwise.
const inviteLife = 24 * time.Hour

func (r *runner) invite() *cli.Command {
	return &cli.Command{
		Name: "invite", Usage: "let one peer in, or take an invite back", ArgsUsage: "GROUP", Description: groupHelp + "\n" +
			"Who has the text can join once, until it expires; who reads it on the way can join instead. This node must run then.",
		Flags: clientFlags(
			&cli.StringFlag{Name: "role", Usage: "what the peer will be: guest or member; `filbert group role` makes owners", Value: "member"},
			&cli.DurationFlag{Name: "for", Usage: "how long the invite can be used, at most 720h", Value: inviteLife},
			&cli.StringFlag{Name: "revoke", Usage: "take back the `INVITE`: its text, or the beginning of its ID in `filbert group invites`"},
			jsonFlag(),
		),
		Action: r.onGroup(1, "to which group? `filbert group invite GROUP`", func(c *cli.Context, n *api.Client) error {
			if text := c.String("revoke"); text != "" {
				if err := n.Revoke(c.Context, c.Args().First(), text); err != nil {
					return err
				}
				r.say("nobody is let in by that invite any more")
				return nil
			}
			if c.Duration("for") <= 0 {
				return usage("--for must be above 0, such as 24h")
			}
			i, err := n.Invite(c.Context, c.Args().First(), c.String("role"), c.Duration("for"))
			if err != nil {
				return err
			}
			return show(r, c, i, func(i api.Invite) error {
				_, err := fmt.Fprintln(r.env.Out, i.Invite)
				r.say("the other runs `filbert group join` with it, until %s", i.Expires.Local().Format(time.DateTime))
				if i.Doubt != "" {
					r.say("%s", i.Doubt)
				}
				return err
			})
		}),
		BashComplete: r.completeGroups,
	}
}

func (r *runner) invites() *cli.Command {
	return &cli.Command{
		Name: "invites", Usage: "list invites to a group that can be used, and who joined by which", ArgsUsage: "GROUP", Description: groupHelp,
		Flags: clientFlags(jsonFlag()),
		Action: r.onGroup(1, "to which group? `filbert group invites GROUP`", func(c *cli.Context, n *api.Client) error {
			list, err := n.Invites(c.Context, c.Args().First())
			if err != nil {
				return err
			}
			return show(r, c, list, r.showInvites)
		}),
		BashComplete: r.completeGroups,
	}
}

func (r *runner) showInvites(list []api.Invited) error {
	if len(list) == 0 {
		r.say("no invite; `filbert group invite GROUP` makes one")
		return nil
	}
	t := newTable(r.env.Out, "ID", "ROLE", "BY", "EXPIRES", "JOINED", "WHO")
	for _, i := range list {
		joined := "-"
		if i.Used != "" {
			joined = i.Joined.Local().Format(time.DateTime)
		}
		t.row(i.ID, i.Role, orElse(i.ByName, fmt.Sprintf("%.12s", i.By)), i.Expires.Local().Format(time.DateTime), joined, orDash(orElse(i.UsedName, i.Used)))
	}
	return t.end()
}
