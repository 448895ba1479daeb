package cli

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
)

func (r *runner) groupLimit() *cli.Command {
	return &cli.Command{
		Name: "limit", Usage: "show or set how much this node gives to the members of a group", ArgsUsage: "GROUP", Description: groupHelp + "\n" +
			"It holds for all members together, those of the own network too, until it is set anew, and within what upload-limit leaves.",
		Flags: clientFlags(
			&cli.Int64Flag{Name: "up", Usage: "`KIB` per second that files are sent to members at, 0 for no limit of their own"},
			&cli.Int64Flag{Name: "slots", Usage: "files that are sent to members at a time, `N`, at most 256, 0 for as many as upload-slots says"},
			jsonFlag(),
		),
		Action: r.onGroup(1, "of which group? `filbert group limit GROUP`", func(c *cli.Context, n *api.Client) error {
			given := func(name string) *int64 {
				if !c.IsSet(name) {
					return nil
				}
				v := c.Int64(name)
				return &v
			}
			l, err := n.LimitGroup(c.Context, c.Args().First(), given("up"), given("slots")) // with neither it is as it was
			if err != nil {
				return err
			}
			return show(r, c, l, func(l api.GroupLimit) error {
				_, err := fmt.Fprintln(r.env.Out, limitText(l))
				return err
			})
		}),
		BashComplete: r.completeGroups,
	}
}

// limitText says what members may take.
func limitText(l api.GroupLimit) string {
	up, slots := "as many bytes per second as there are", "as many files at a time as upload-slots says"
	if l.Up > 0 {
		up = rate(l.Up<<10) + " at most"
	}
	if l.Slots > 0 {
		slots = fmt.Sprintf("%d files at a time", l.Slots)
	}
	return up + ", " + slots
}
