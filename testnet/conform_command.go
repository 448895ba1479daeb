package testnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"text/tabwriter"
	"time"

	clilib "github.com/urfave/cli/v2"

	"filbert/node/cli"
	"filbert/testnet/conform"
)

// callAddress stands in --call for the address to be called.
const callAddress = "{}"

// Conform is `filbert conform`.
func Conform(env cli.Env) *clilib.Command {
	return &clilib.Command{
		Name: "conform", Usage: "try any live servent against the protocol", Category: "laboratory", ArgsUsage: "HOST:PORT",
		Description: "Plays many short conversations with the servent at HOST:PORT and judges its answers: pass, FAIL with what was\n" +
			"expected and what came, or \"not offered\" when it does not claim to speak that. Ends 0 if nothing failed.\n" +
			"Servents of others ban who connects too often: connections to them are 31 s apart unless --pace says\n" +
			"otherwise, so whitelist this address there and use --pace 0.",
		Flags: []clilib.Flag{
			&clilib.StringFlag{Name: "only", Usage: "run the cases that `PATTERN` means: an area, a name, a part of one, or a name with * and ?"},
			&clilib.BoolFlag{Name: "list", Usage: "list the cases and what each checks instead of running them"},
			&clilib.BoolFlag{Name: "json", Usage: "print the report as one JSON document"},
			&clilib.StringFlag{Name: "words", Usage: "a file it shares has `WORDS` in its name"},
			&clilib.StringFlag{Name: "urn", Usage: "a file it shares is called `URN`, urn:sha1:..."},
			&clilib.DurationFlag{Name: "timeout", Usage: "an answer may take `D`", Value: 5 * time.Second},
			&clilib.DurationFlag{Name: "pace", Usage: "leave `D` between connections; 0 = none", DefaultText: "none to a filbert, 31s to others"},
			&clilib.StringFlag{Name: "call", Usage: "`CMD` makes it connect to the address that replaces " + callAddress + " in it, such as 'filbert connect " + callAddress + "'"},
			&clilib.Uint64Flag{Name: "seed", Usage: "seed `S` decides the names and GUIDs that are sent", DefaultText: "another each time"},
		},
		Action: func(c *clilib.Context) error { return runConform(c, env) },
	}
}

// runConform is the command's action.
func runConform(c *clilib.Context, env cli.Env) error {
	asJSON := c.Bool("json")
	if c.Bool("list") {
		cases := conform.Select(c.String("only"))
		if len(cases) == 0 {
			return cli.Usage("conform: no case is called %q; see `filbert conform --list`", c.String("only"))
		}
		return listCases(env.Out, cases, asJSON)
	}
	if c.Args().Len() != 1 {
		return cli.Usage("conform wants the HOST:PORT of a servent; see `filbert conform --help`")
	}
	addr, err := resolve(c.Context, c.Args().First())
	if err != nil {
		return err
	}
	seed := c.Uint64("seed")
	if !c.IsSet("seed") {
		seed = rand.Uint64() // servents remember GUIDs for long: those of the last run are duplicates
	}
	cfg := conform.Config{
		Addr: addr, Only: c.String("only"), Rand: rand.New(rand.NewPCG(seed, 0)),
		Timeout: c.Duration("timeout"), Words: c.String("words"), URN: c.String("urn"), Call: caller(c.String("call")),
		Tell: func(line string) { fmt.Fprintln(env.Err, line) },
	}
	if c.IsSet("pace") {
		if cfg.Pace = c.Duration("pace"); cfg.Pace == 0 {
			cfg.Pace = -1
		}
	}
	if err := cfg.Check(); err != nil {
		return cli.Usage("%w", err)
	}
	area := ""
	r, err := conform.Run(c.Context, cfg, func(one conform.Result) {
		if !asJSON {
			area = printResult(env.Out, area, one)
		}
	})
	switch {
	case errors.Is(err, conform.ErrUnreachable):
		return cli.Unreachable("%w", err)
	case err != nil:
		return err
	}
	if asJSON {
		if err := encode(env.Out, r); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(env.Out, "\n%s at %s: %d passed, %d failed, %d not offered\n", r.Agent, r.Addr, r.Passed, r.Failed, r.NotOffered)
	}
	switch {
	case r.Broken:
		return fmt.Errorf("conform: %s cannot be reached any more; the last case may have ended it", r.Addr)
	case !r.Held():
		return fmt.Errorf("conform: %d of %d cases failed", r.Failed, len(r.Results))
	}
	return nil
}

// printResult prints a case on a line, under the name of its area.
func printResult(w io.Writer, area string, r conform.Result) string {
	if r.Area != area {
		fmt.Fprintf(w, "\n%s\n", r.Area)
	}
	name := strings.TrimPrefix(r.Case, r.Area+"/")
	switch r.Outcome {
	case conform.Pass:
		fmt.Fprintf(w, "  pass         %-20s %s\n", name, r.Checks)
	case conform.Fail:
		fmt.Fprintf(w, "  FAIL         %-20s %s: want %s; got %s (%s)\n", name, r.Checks, r.Want, r.Got, r.Source)
	case conform.NotOffered:
		fmt.Fprintf(w, "  not offered  %-20s %s\n", name, r.Reason)
	}
	return r.Area
}

// listedCase is a case in the list.
type listedCase struct {
	Case   string `json:"case"`
	Checks string `json:"checks"`
	Source string `json:"source"`
}

func listCases(w io.Writer, cases []conform.Case, asJSON bool) error {
	list := []listedCase{}
	for _, c := range cases {
		list = append(list, listedCase{c.Name, c.Checks, c.Source})
	}
	if asJSON {
		return encode(w, struct {
			Schema int          `json:"schema"`
			Cases  []listedCase `json:"cases"`
		}{conform.Schema, list})
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CASE\tCHECKS\tSOURCE")
	for _, c := range list {
		fmt.Fprintf(t, "%s\t%s\t%s\n", c.Case, c.Checks, c.Source)
	}
	return t.Flush()
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// resolve finds the address of HOST:PORT.
func resolve(ctx context.Context, target string) (netip.AddrPort, error) {
	if addr, err := netip.ParseAddrPort(target); err == nil {
		return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), nil
	}
	host, service, err := net.SplitHostPort(target)
	if err != nil {
		return netip.AddrPort{}, cli.Usage("conform: %q: want HOST:PORT", target)
	}
	port, err := net.DefaultResolver.LookupPort(ctx, "tcp", service)
	if err != nil || port == 0 {
		return netip.AddrPort{}, cli.Usage("conform: %q: the port must be a number from 1 to 65535", target)
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addrs) == 0 {
		return netip.AddrPort{}, cli.Unreachable("conform: look up %q: %w", host, err)
	}
	return netip.AddrPortFrom(addrs[0].Unmap(), uint16(port)), nil
}

// caller makes Config.Call of a command line, whose words are cut at blanks; no
// shell sees it.
func caller(line string) func(context.Context, netip.AddrPort) error {
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil
	}
	return func(ctx context.Context, addr netip.AddrPort) error {
		args := make([]string, len(words))
		for i, w := range words {
			args[i] = strings.ReplaceAll(w, callAddress, addr.String())
		}
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", args[0], err, out)
		}
		return nil
	}
}
