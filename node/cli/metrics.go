package cli

import (
	"github.com/urfave/cli/v2"

	"filbert/node/api"
)

func (r *runner) metrics() *cli.Command {
	return &cli.Command{
		Name: "metrics", Usage: "print all that the node counts, for Prometheus", Category: "network", Flags: clientFlags(),
		Description: "The same is at /metrics of the control API; with `start --api 127.0.0.1:PORT` Prometheus reads it there, with the node's token.",
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return n.Metrics(c.Context, r.env.Out)
		}),
	}
}
