package testnet

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	clilib "github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/node/cli"
	"filbert/testnet/bench"
)

// errTarget says that a measurement did not reach what it must.
var errTarget = errors.New("the target was not held")

// Bench is `filbert bench`.
func Bench(env cli.Env) *clilib.Command {
	return &clilib.Command{
		Name: "bench", Usage: "measure whole processes against baselines", Category: "laboratory",
		Subcommands: []*clilib.Command{
			{
				Name: "relay", Usage: "measure how a node relays queries and what memory it takes, against a bare loop",
				Description: "Loopback connections send queries to a relay, a process of its own, which passes each on to those it should;\n" +
					"every copy is checked and timed. A filbert node and a loop that does the least are loaded in turn. It ends\n" +
					"0 only if every target was reached. Cases:\n\n" +
					"plain   as many queries as the window lets through, to ultrapeers\n" +
					"rate    a fixed number of queries a second, whatever comes of them\n" +
					"leaves  plain, with 300 leaves with route tables of which 1 % match, and with deflate\n" +
					"idle    memory of a node with 32 ultrapeers and 300 leaves that say nothing\n" +
					"tables  memory of that node when every leaf sends the largest table there is",
				Flags: []clilib.Flag{
					&clilib.StringSliceFlag{Name: "case", Usage: "measure `CASE`: plain, rate, leaves, idle, tables or all (default: all but tables)"},
					&clilib.IntFlag{Name: "connections", Usage: "open `N` connections of ultrapeers to each relay", Value: 8},
					&clilib.IntFlag{Name: "leaves", Usage: "and `N` of leaves, where there are leaves", Value: 300},
					&clilib.IntFlag{Name: "size", Usage: "send messages of `BYTES`, header and payload", Value: 100},
					&clilib.DurationFlag{Name: "duration", Usage: "load for `TIME` in each run", Value: 3 * time.Second},
					&clilib.IntFlag{Name: "runs", Usage: "load each relay `N` times, and once before to warm up", Value: 5},
					&clilib.IntFlag{Name: "window", Usage: "let `N` messages of a sender be on their way (default: what a node's queues hold)"},
					&clilib.IntFlag{Name: "rate", Usage: "send `N` messages a second in the case of that name", Value: 50_000},
					&clilib.IntFlag{Name: "light", Usage: "send `N` messages a second for the latency without load", Value: 1000},
					&clilib.StringFlag{Name: "profile", Usage: "write a CPU profile of the node to `FILE`, of one case"},
					&clilib.BoolFlag{Name: "json", Usage: "print one JSON document"},
				},
				Action: func(c *clilib.Context) error { return benchRelay(c, env) },
			},
			transferCommand(env),
			{
				Name: "relay-target", Usage: "be the relay that another process measures", Hidden: true,
				Flags: []clilib.Flag{&clilib.StringFlag{Name: "kind", Usage: "be a relay of `KIND`: filbert or bare"}},
				Action: func(c *clilib.Context) error {
					return bench.RelayTarget(c.Context, c.String("kind"), os.Stdin, os.Stdout)
				},
			},
		},
	}
}

// relayDocument is what --json prints.
type relayDocument struct {
	Schema int `json:"schema"`
	bench.Report
}

// benchRelay is the action of `filbert bench relay`.
func benchRelay(c *clilib.Context, env cli.Env) error {
	if c.Args().Present() {
		return cli.Usage("bench relay takes no %q; see `filbert bench relay --help`", c.Args().First())
	}
	cfg := bench.RelayConfig{
		Connections: c.Int("connections"), Leaves: c.Int("leaves"), MessageBytes: c.Int("size"), Duration: c.Duration("duration"),
		Runs: c.Int("runs"), Window: c.Int("window"), Rate: c.Int("rate"), LightRate: c.Int("light"), Profile: c.String("profile"),
	}
	for _, name := range c.StringSlice("case") {
		if name == "all" {
			cfg.Cases = bench.Cases()
			break
		}
		cfg.Cases = append(cfg.Cases, bench.Case(name))
	}
	if cfg.Profile != "" && !filepath.IsAbs(cfg.Profile) {
		cfg.Profile = filepath.Join(env.Dir, cfg.Profile)
	}
	if err := cfg.Check(); err != nil {
		return cli.Usage("%w", err)
	}
	report, err := bench.Relay(c.Context, cfg, func(line string) { fmt.Fprintln(env.Err, line) })
	if err != nil {
		return err
	}
	if c.Bool("json") {
		e := json.NewEncoder(env.Out)
		e.SetIndent("", "  ")
		err = e.Encode(relayDocument{api.Schema, report})
	} else {
		err = report.Table(env.Out)
	}
	if err == nil && !report.Held {
		err = fmt.Errorf("bench: relay: %w", errTarget)
	}
	return err
}
