package cli

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"filbert/node/api"
	"filbert/node/config"
)

// runner runs the commands. Client commands use its client when it has one (the
// prompt does), else that of the node in the home they name.
type runner struct {
	env   Env
	fixed *api.Client
}

// Names of flags that several commands share.
const (
	flagHome      = "home"
	flagConfig    = "config"
	flagAPI       = "connect-api"
	flagTokenFile = "token-file"
	flagJSON      = "json"
)

// homeFlags name the home a command is about.
func homeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: flagHome, Usage: "keep everything below `DIR` instead of the usual places"},
		&cli.StringFlag{Name: flagConfig, Usage: "read settings from `FILE`"},
	}
}

// clientFlags name the node a command talks to.
func clientFlags(more ...cli.Flag) []cli.Flag {
	return append(more,
		&cli.StringFlag{Name: flagHome, Usage: "talk to the node whose home is `DIR`"},
		&cli.StringFlag{Name: flagAPI, Usage: "talk to the node whose service listens at `HOST:PORT`"},
		&cli.StringFlag{Name: flagTokenFile, Usage: "read the token for --" + flagAPI + " from `FILE`"},
	)
}

func jsonFlag() cli.Flag { return &cli.BoolFlag{Name: flagJSON, Usage: "print one JSON document"} }

// request is what the settings are loaded from, flags left out.
func (r *runner) request(c *cli.Context) config.Request {
	return config.Request{
		Home: c.String(flagHome), File: c.String(flagConfig), System: config.SystemFile(runtime.GOOS, r.env.Environ),
		Env: r.env.Environ, Dir: r.env.Dir, OS: runtime.GOOS,
	}
}

// node is the client of the node a command is about.
func (r *runner) node(c *cli.Context) (*api.Client, error) {
	if r.fixed != nil {
		return r.fixed, nil
	}
	if addr := c.String(flagAPI); addr != "" {
		file := c.String(flagTokenFile)
		if file == "" {
			return nil, usage("--%s needs --%s", flagAPI, flagTokenFile)
		}
		token, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("token: %w", err)
		}
		return api.DialTCP(addr, strings.TrimSpace(string(token))), nil
	}
	paths, err := config.Locate(r.request(c))
	if err != nil {
		return nil, err
	}
	if err := paths.CheckSocket(); err != nil {
		return nil, err
	}
	return api.Dial(paths.Socket), nil
}

// action makes a command's action of a function that is given the node.
func (r *runner) action(run func(c *cli.Context, n *api.Client) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		n, err := r.node(c)
		if err != nil {
			return err
		}
		if r.fixed == nil {
			defer n.Close()
		}
		return run(c, n)
	}
}

// terminal reports whether w is one.
func terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// noArguments refuses words after a command that takes none.
func noArguments(c *cli.Context) error {
	if c.Args().Present() {
		return usage("%s takes no %q; see `%s --help`", c.Command.Name, c.Args().First(), c.Command.HelpName)
	}
	return nil
}
