package cli

import (
	"github.com/urfave/cli/v2"

	"filbert/node/api"
)

func (r *runner) browse() *cli.Command {
	return &cli.Command{
		Name: "browse", Usage: "list all that one servent shares", ArgsUsage: "HOST:PORT|N", Category: "files",
		Description: "N is the number of a search result, whose first source is asked. The files are numbered with the results of\n" +
			"searches; fetch one with `get NUMBER`. Servents answer this rarely to the same host: once to three times an hour.",
		Flags: clientFlags(
			&cli.IntFlag{Name: "limit", Usage: "end after `N` files"},
			jsonFlag(),
			&cli.BoolFlag{Name: "jsonl", Usage: "print each file as a line of JSON when it comes"},
		),
		Action:       r.action(r.doBrowse),
		BashComplete: r.completeBrowse,
	}
}

func (r *runner) doBrowse(c *cli.Context, n *api.Client) error {
	if c.NArg() != 1 {
		return usage("browse whom? `filbert browse HOST:PORT`, or the number of a result")
	}
	limit := c.Int("limit")
	if limit < 0 {
		return usage("--limit must not be negative")
	}
	return r.showResults(c, func(found func(api.Result)) (api.SearchEnd, error) {
		return n.Browse(c.Context, c.Args().First(), limit, found)
	}, func(api.SearchEnd) string { return "it shares nothing" })
}
