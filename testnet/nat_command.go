package testnet

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/rs/zerolog"
	clilib "github.com/urfave/cli/v2"

	"filbert/node/cli"
	"filbert/testnet/natlab"
)

// natCommand is `filbert testnet nat`.
func natCommand(env cli.Env) *clilib.Command {
	return &clilib.Command{
		Name: "nat", Usage: "try every pair of NATs: how a file comes from behind one to behind another",
		Description: "For each pair two nodes behind such NATs, and three open ultrapeers, run in virtual time, and one fetches what the\n" +
			"other shares: who fetches stands on the left, who shares on top. A cell has the path by which the file came, the\n" +
			"time to the first bytes that were verified, 80 ms from host to host and back, and in brackets a better path\n" +
			"that theory has. Ends 0 if every pair got the file.",
		Flags: []clilib.Flag{
			&clilib.StringSliceFlag{Name: "from", Usage: "let `KIND` fetch: " + kindList() + "; may be repeated", DefaultText: "all"},
			&clilib.StringSliceFlag{Name: "to", Usage: "let `KIND` share; may be repeated", DefaultText: "all"},
			&clilib.BoolFlag{Name: "ipv6", Usage: "of IPv6, where the boxes are firewalls that filter as the NATs of the same name do"},
			&clilib.BoolFlag{Name: "one-box", Usage: "put both behind one box of the kinds --from, of cgnat behind one carrier's, without a hairpin and, in virtual time, with one"},
			&clilib.BoolFlag{Name: "real", Usage: "between network namespaces and boxes of nftables, in real time, with no latency; needs root on Linux"},
			&clilib.BoolFlag{Name: "json", Usage: "print one JSON document"},
			&clilib.StringFlag{Name: "log", Usage: "log messages of `LEVEL` and above: debug, info, warn, error", Value: "error"},
		},
		Action: func(c *clilib.Context) error { return runNAT(c, env) },
	}
}

func kindList() string {
	list := ""
	for i, k := range natlab.Kinds() {
		if i > 0 {
			list += ", "
		}
		list += k.String()
	}
	return list
}

// runNAT is the command's action.
func runNAT(c *clilib.Context, env cli.Env) error {
	if c.Args().Present() {
		return cli.Usage("testnet nat takes no %q; see `filbert testnet nat --help`", c.Args().First())
	}
	level, err := zerolog.ParseLevel(c.String("log"))
	if err != nil {
		return cli.Usage("--log: %w", err)
	}
	cfg := natlab.Config{
		IPv6: c.Bool("ipv6"), OneBox: c.Bool("one-box"), Real: c.Bool("real"), Log: zerolog.New(zerolog.ConsoleWriter{Out: env.Err, NoColor: true}).Level(level),
	}
	for flag, kinds := range map[string]*[]natlab.Kind{"from": &cfg.From, "to": &cfg.To} {
		for _, text := range c.StringSlice(flag) {
			k, err := natlab.ParseKind(text)
			if err != nil {
				return cli.Usage("--%s: %w", flag, err)
			}
			*kinds = append(*kinds, k)
		}
	}
	dir, remove, err := folder("")
	if err != nil {
		return err
	}
	defer remove()
	cfg.Dir = dir
	live := newLive(env.Err)
	m, err := natlab.Run(c.Context, cfg, func(from, to natlab.Kind, n, of int) {
		live.say(fmt.Sprintf("%d of %d: %v fetches from %v", n, of, from, to))
	})
	live.done()
	if errors.Is(err, natlab.ErrNotIPv6) || errors.Is(err, natlab.ErrNotReal) || errors.Is(err, natlab.ErrOneBox) {
		return cli.Usage("%w", err)
	}
	if err != nil {
		return err
	}
	if c.Bool("json") {
		e := json.NewEncoder(env.Out)
		e.SetIndent("", "  ")
		err = e.Encode(m)
	} else {
		err = m.Write(env.Out)
	}
	if err == nil && m.Fetched < len(m.Pairs) {
		err = errors.New("testnet: not every pair got the file")
	}
	return err
}
