package testnet

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	clilib "github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/node/cli"
	"filbert/testnet/race"
)

// transferCommand is `filbert bench transfer`.
func transferCommand(env cli.Env) *clilib.Command {
	return &clilib.Command{
		Name: "transfer", Usage: "measure how fast files come and go, against curl, aria2c and nginx",
		Description: "Files of random bytes are fetched over loopback by filbert and by whichever of curl and aria2c (the first case\n" +
			"also needs nginx) are installed, in turn, each as a process of its own. Cases:\n\n" +
			"one   from one source, as fast as it goes; curl verifies nothing, the others the SHA-1\n" +
			"four  from four sources of limited speed\n" +
			"fail  the same, where one dies half way and one falls to a twentieth\n" +
			"serve not fetched, but asked of filbert and of nginx: all of a file, then ranges of 4 and of 64 KiB over 64\n" +
			"      connections, with filbert's slots, line and limit on\n" +
			"thex  from a source that has only the Tiger tree of servents to verify by, against one that has a BLAKE3 tree",
		Flags: []clilib.Flag{
			&clilib.StringSliceFlag{Name: "case", Usage: "measure `CASE`: one, four, fail, serve or thex (default: all)"},
			&clilib.IntFlag{Name: "size", Usage: "fetch `MIB` in the cases one, serve and thex", Value: 1024},
			&clilib.IntFlag{Name: "many", Usage: "fetch `MIB` in the cases four and fail", Value: 400},
			&clilib.IntFlag{Name: "rate", Usage: "let a source give `KIB` per second in these", Value: 20_000_000 >> 10},
			&clilib.IntFlag{Name: "runs", Usage: "let each program fetch `N` times", Value: 5},
			&clilib.StringFlag{Name: "dir", Usage: "put the files into `DIR`, such as a memory disk (default: the usual folder for such files)"},
			&clilib.DurationFlag{Name: "timeout", Usage: "give up after `TIME`", Value: time.Hour},
			&clilib.BoolFlag{Name: "json", Usage: "print one JSON document"},
		},
		Action: func(c *clilib.Context) error { return benchTransfer(c, env) },
	}
}

// transferDocument is what --json prints.
type transferDocument struct {
	Schema int `json:"schema"`
	*race.Report
}

// benchTransfer is the action of `filbert bench transfer`.
func benchTransfer(c *clilib.Context, env cli.Env) error {
	if c.Args().Present() {
		return cli.Usage("bench transfer takes no %q; see `filbert bench transfer --help`", c.Args().First())
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("bench: transfer: %w", err)
	}
	cfg := race.Config{
		Program: program, Dir: c.String("dir"), Size: int64(c.Int("size")) << 20, Many: int64(c.Int("many")) << 20,
		Rate: int64(c.Int("rate")) << 10, Runs: c.Int("runs"), Timeout: c.Duration("timeout"),
	}
	for _, name := range c.StringSlice("case") {
		cfg.Cases = append(cfg.Cases, race.Case(name))
	}
	if err := cfg.Check(); err != nil {
		return cli.Usage("%w", err)
	}
	report, err := race.Run(c.Context, cfg, func(line string) { fmt.Fprintln(env.Err, line) })
	if err != nil {
		return fmt.Errorf("bench: transfer: %w", err)
	}
	if !c.Bool("json") {
		return report.Table(env.Out)
	}
	e := json.NewEncoder(env.Out)
	e.SetIndent("", "  ")
	return e.Encode(transferDocument{api.Schema, report})
}
