package cli

import (
	"github.com/urfave/cli/v2"

	"filbert/node/api"
)

// Exit codes of doctor, beside those of all commands.
const (
	doctorWarn     = 1
	doctorCritical = 2
)

func (r *runner) doctor() *cli.Command {
	return &cli.Command{
		Name: "doctor", Usage: "see what is wrong with the node, and what to do", Category: "network", Flags: clientFlags(jsonFlag()),
		Description: "Exits with 0 if nothing is wrong, 1 if something may be better, 2 if the node does not work.",
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if err := noArguments(c); err != nil {
				return err
			}
			h, err := n.Doctor(c.Context)
			if err != nil {
				return err
			}
			if err := show(r, c, h, r.showHealth); err != nil {
				return err
			}
			switch h.Worst {
			case "warn":
				return &exitError{doctorWarn, errSilent}
			case "critical":
				return &exitError{doctorCritical, errSilent}
			}
			return nil
		}),
	}
}

func (r *runner) showHealth(h api.Health) error {
	t := newTable(r.env.Out, "CHECK", "RESULT", "FOUND")
	for _, c := range h.Checks {
		t.row(c.Name, c.Level, c.Found)
		for _, more := range []string{c.Means, c.Do} {
			if more != "" {
				t.row("", "", "  "+more)
			}
		}
	}
	return t.end()
}
