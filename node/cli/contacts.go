package cli

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/node/shell"
)

// peerHelp is what PEER stands for.
const peerHelp = "PEER is a peer ID or a petname; also HOST:PORT, a servent GUID, or the number of a search result, where the servent told its\n" +
	"ID: whether it is really its own is what the safety number is compared for."

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func (r *runner) contacts() *cli.Command {
	return &cli.Command{
		Name: "contacts", Usage: "list the peers you gave a name or a level of trust", Category: "network", Flags: clientFlags(jsonFlag()),
		Description: "A petname stands wherever a peer is asked for, and is shown in place of its ID. It is yours alone: nobody is told.\n" + peerHelp,
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if c.Args().Present() {
				return unknown(c.Args().First(), c.Command.Subcommands, "contacts ")
			}
			list, err := n.Contacts(c.Context)
			if err != nil {
				return err
			}
			return show(r, c, list, r.showContacts)
		}),
		Subcommands: []*cli.Command{{
			Name: "name", Usage: "give a peer a petname", ArgsUsage: "PEER NAME", Flags: clientFlags(jsonFlag()), Description: peerHelp,
			Action: r.setContact("name whom, and how? `filbert contacts name PEER NAME`", func(word string) api.ContactChange {
				return api.ContactChange{Name: &word}
			}),
			BashComplete: r.completeContacts,
		}, {
			Name: "trust", Usage: "say what you think of a peer", ArgsUsage: "PEER known|trusted|blocked", Flags: clientFlags(jsonFlag()),
			Description: "trusted: you compared the safety number. blocked: it is no neighbor, its hits are left out, nothing is fetched from it or given to it.\n" + peerHelp,
			Action: r.setContact("trust whom? `filbert contacts trust PEER known|trusted|blocked`", func(word string) api.ContactChange {
				return api.ContactChange{Trust: &word}
			}),
			BashComplete: r.completeContacts,
		}, {
			Name: "rm", Usage: "forget a peer", ArgsUsage: "PEER", Flags: clientFlags(),
			Action: r.action(func(c *cli.Context, n *api.Client) error {
				if c.NArg() != 1 {
					return usage("forget whom? `filbert contacts` lists them")
				}
				if err := n.ForgetContact(c.Context, c.Args().First()); err != nil {
					return err
				}
				r.say("%s is forgotten", c.Args().First())
				return nil
			}),
			BashComplete: r.completeContacts,
		}},
	}
}

// setContact is the action of a command that changes a contact by one word.
func (r *runner) setContact(how string, change func(word string) api.ContactChange) cli.ActionFunc {
	return r.action(func(c *cli.Context, n *api.Client) error {
		if c.NArg() != 2 {
			return usage("%s", how)
		}
		set, err := n.SetContact(c.Context, c.Args().First(), change(c.Args().Get(1)))
		if err != nil {
			return err
		}
		return show(r, c, set, func(set api.Contact) error { return r.showContacts([]api.Contact{set}) })
	})
}

func (r *runner) showContacts(list []api.Contact) error {
	if len(list) == 0 {
		r.say("nobody; `filbert contacts name PEER NAME` gives a peer a name")
		return nil
	}
	t := newTable(r.env.Out, "NAME", "TRUST", "PEER ID")
	for _, c := range list {
		t.row(orDash(c.Name), c.Trust, c.PeerID)
	}
	return t.end()
}

// contactChoices is the peers in the book, by name where they have one.
func contactChoices(ctx context.Context, n *api.Client) []shell.Completion {
	list, err := n.Contacts(ctx)
	if err != nil {
		return nil
	}
	var out []shell.Completion
	for _, c := range list {
		out = append(out, shell.Completion{Value: orElse(c.Name, c.PeerID), Help: fmt.Sprintf("%s, %.12s", c.Trust, c.PeerID), Group: "contacts"})
	}
	return out
}
