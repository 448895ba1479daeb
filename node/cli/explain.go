package cli

import (
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
)

// Exit codes of explain, beside those of all commands.
const (
	explainHelped = 1
	explainNone   = 2
)

func (r *runner) explain() *cli.Command {
	return &cli.Command{
		Name: "explain", Usage: "see how a servent is connected to, and why so", ArgsUsage: "HOST:PORT|GUID|PEER|N", Category: "network",
		Flags: clientFlags(jsonFlag()),
		Description: "N is the number of a search result, whose first source is meant, PEER a peer ID or a petname. Nobody is called for it.\n" +
			"Exits with 0 if it is connected to directly, 1 if with the help of others, 2 if no way is known.",
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if c.NArg() != 1 {
				return usage("explain whom? `filbert explain HOST:PORT`, a servent GUID, or the number of a result")
			}
			p, err := n.Explain(c.Context, c.Args().First())
			if err != nil {
				return err
			}
			if err := show(r, c, p, r.showPath); err != nil {
				return err
			}
			switch p.Reach {
			case "helped":
				return &exitError{explainHelped, errSilent}
			case "none":
				return &exitError{explainNone, errSilent}
			}
			return nil
		}),
		BashComplete: r.completeBrowse,
	}
}

func (r *runner) showPath(p api.Path) error {
	t := newTable(r.env.Out)
	t.row("address", orDash(p.Addr))
	if p.IPv6 != "" {
		t.row("and", p.IPv6)
	}
	t.row("servent", orDash(p.GUID))
	if p.PeerID != "" {
		t.row("peer", orElse(p.Name, p.PeerID))
	}
	t.row("it says", says(p))
	for _, at := range p.Proxies {
		if slices.Contains(p.Words, at) {
			at += ", passes on words about a path"
		}
		t.row("push proxy", at)
	}
	for _, at := range p.Relays {
		t.row("relay", at)
	}
	t.row("we", map[string]string{
		"open": "can be connected to", "closed": "cannot be connected to, as far as is known", "unproven": "do not know yet whether we can be connected to",
	}[p.Own])
	t.row("reached", map[string]string{"direct": "directly", "helped": "with help", "none": "not at all, as far as is known"}[p.Reach])
	if err := t.end(); err != nil {
		return err
	}
	fmt.Fprintln(r.env.Out)

	t = newTable(r.env.Out, "WAY", "TRIED", "WHY")
	for i, w := range p.Ways {
		tried := "no"
		switch {
		case w.Try && i == 0:
			tried = "first"
		case w.Try:
			tried = "after " + seconds(w.After)
		}
		t.row(w.Way, tried, w.Why)
	}
	if err := t.end(); err != nil || len(p.Attempts) == 0 {
		return err
	}
	fmt.Fprintln(r.env.Out)

	t = newTable(r.env.Out, "AGO", "WAY", "TOOK", "OUTCOME")
	for _, a := range p.Attempts {
		outcome := a.Outcome
		if a.Reason != "" {
			outcome += ": " + a.Reason
		}
		t.row(span(time.Since(a.At)), a.Way, seconds(a.Seconds), outcome)
	}
	return t.end()
}

func says(p api.Path) string {
	switch {
	case p.Push:
		return "nobody can connect to it"
	case p.GUID == "":
		return "nothing"
	}
	return "it can be connected to"
}

// seconds is a short time.
func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Millisecond).String()
}
