package testnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/rs/zerolog"
	clilib "github.com/urfave/cli/v2"
	"golang.org/x/term"

	"filbert/node/api"
	"filbert/node/cli"
	"filbert/testnet/topology"
)

// Command is `filbert testnet`.
func Command(env cli.Env) *clilib.Command {
	return &clilib.Command{
		Name: "testnet", Usage: "run many nodes in one process and try them", Category: "laboratory",
		Description: "On a terminal the prompt of the first node opens when the network has formed. With --exec its commands run\n" +
			"there instead. Otherwise a tour runs: three searches, one more from a leaf, one verified download, one node\n" +
			"killed and the network healed; it ends 0 only if all of that held.",
		Flags: []clilib.Flag{
			&clilib.IntFlag{Name: "nodes", Aliases: []string{"n"}, Usage: "run `N` ultrapeers", Value: 16},
			&clilib.IntFlag{Name: "leaves", Usage: "run `N` leaves beside them, each linked to three"},
			&clilib.StringFlag{Name: "share", Usage: "share the files below `DIR`, each by one node, instead of a generated library"},
			&clilib.StringFlag{Name: "topology", Usage: "link them as `SHAPE`: random, ring, tree, powerlaw", Value: "random"},
			&clilib.IntFlag{Name: "degree", Usage: "give each node about `N` neighbors, where the topology leaves a choice", Value: 4},
			&clilib.Uint64Flag{Name: "seed", Usage: "seed `S` decides topology, library and keys", Value: 1},
			&clilib.StringSliceFlag{Name: "exec", Usage: "run `CMD` at the prompt of the first node; may be repeated"},
			&clilib.StringFlag{Name: "keep", Usage: "keep libraries and downloads in `DIR`, a new folder"},
			&clilib.StringFlag{Name: "log", Usage: "log messages of `LEVEL` and above: debug, info, warn, error", Value: "error"},
			&clilib.BoolFlag{Name: "json", Usage: "print the tour as one JSON document"},
		},
		Subcommands: []*clilib.Command{natCommand(env)},
		Action:      func(c *clilib.Context) error { return run(c, env) },
	}
}

// run is the command's action.
func run(c *clilib.Context, env cli.Env) (err error) {
	if c.Args().Present() {
		return cli.Usage("testnet takes no %q; see `filbert testnet --help`", c.Args().First())
	}
	shape, err := topology.Parse(c.String("topology"))
	if err != nil {
		return cli.Usage("--topology: %w", err)
	}
	level, err := zerolog.ParseLevel(c.String("log"))
	if err != nil {
		return cli.Usage("--log: %w", err)
	}
	dir, remove, err := folder(c.String("keep"))
	if err != nil {
		return err
	}
	defer remove()
	cfg := Config{
		Nodes: c.Int("nodes"), Leaves: c.Int("leaves"), Shape: shape, Degree: c.Int("degree"), Seed: c.Uint64("seed"), Dir: dir,
		Log: zerolog.New(zerolog.ConsoleWriter{Out: env.Err, NoColor: true}).Level(level),
	}
	if !c.IsSet("degree") {
		cfg.Degree = min(cfg.Degree, cfg.Nodes-1)
	}
	if share := c.String("share"); share != "" {
		if cfg.Share = share; !filepath.IsAbs(share) {
			cfg.Share = filepath.Join(env.Dir, share)
		}
	}
	if err := cfg.check(); err != nil {
		return cli.Usage("%w", err)
	}
	t, err := Open(c.Context, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	t.Start()
	live := newLive(env.Err)
	began := time.Now()
	if err := t.Form(c.Context, live.progress); err != nil {
		return err
	}
	formed := time.Since(began)
	live.done()
	lines := c.StringSlice("exec")
	prompt := len(lines) == 0 && !c.Bool("json") && terminal(env.In) && terminal(env.Out)
	ctx := c.Context
	if prompt {
		var stop func()
		ctx, stop = cli.PromptContext(ctx)
		defer stop()
	}
	return t.serve(ctx, 0, func(ctx context.Context, client *api.Client) error {
		switch {
		case len(lines) > 0:
			return execute(ctx, env, client, lines)
		case prompt:
			greeting := fmt.Sprintf("This is the first of %s. Try: search WORDS..., get 1, peers, status. Type quit to end.", t.size())
			return cli.Prompt(ctx, env, client, greeting, "")
		}
		return t.serve(ctx, len(t.members)-1, func(ctx context.Context, last *api.Client) error {
			tour, err := t.Tour(ctx, client, last, formed, live.say)
			live.done()
			if err != nil {
				return err
			}
			return show(env, tour, c.Bool("json"))
		})
	})
}

// execute runs lines of the prompt, until one fails.
func execute(ctx context.Context, env cli.Env, client *api.Client, lines []string) error {
	for _, line := range lines {
		if err := cli.Exec(ctx, env, client, line); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	return nil
}

// serve gives a node its control API while use runs.
func (t *Testnet) serve(ctx context.Context, i int, use func(context.Context, *api.Client) error) error {
	socket := filepath.Join(t.cfg.Dir, fmt.Sprintf("api-%d.sock", i))
	l, err := api.ListenUnix(socket)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	server := api.NewServer(api.Config{Node: t.members[i].Node, Version: cli.Version, Stop: cancel, Log: t.cfg.Log})
	var work sync.WaitGroup
	served := make(chan error, 1)
	work.Go(func() { served <- server.Serve(ctx, l, "") })
	client := api.Dial(socket)
	err = use(ctx, client)
	client.Close()
	cancel()
	work.Wait()
	return errors.Join(err, <-served)
}

// folder is where a testnet keeps its files, and what is done with it at the end.
func folder(keep string) (dir string, remove func(), err error) {
	if keep != "" {
		if err := os.Mkdir(keep, 0o755); err != nil {
			return "", nil, fmt.Errorf("testnet: folder to keep: %w", err)
		}
		return keep, func() {}, nil
	}
	if dir, err = os.MkdirTemp("", "filbert-testnet-"); err != nil {
		return "", nil, fmt.Errorf("testnet: %w", err)
	}
	return dir, func() { os.RemoveAll(dir) }, nil
}

// show prints the tour, and fails if it did not hold.
func show(env cli.Env, t *Tour, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(env.Out)
		e.SetIndent("", "  ")
		if err := e.Encode(t); err != nil {
			return err
		}
	} else {
		w := tabwriter.NewWriter(env.Out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "STEP\tWANTED\tGOT\tTIME\tHELD")
		for _, s := range t.Steps {
			held := "yes"
			if !s.Held {
				held = "NO"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%.2f s\t%s\n", s.Name, s.Wanted, s.Got, s.Seconds, held)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if !t.Held {
		return fmt.Errorf("testnet: %w", errNotHeld)
	}
	return nil
}

// live shows what happens on one line of a terminal; elsewhere now and then on
// a line of its own.
type live struct {
	w        io.Writer
	terminal bool
	width    int
	last     time.Time
	clear    bool
}

// plainEvery is how often a line is written where lines cannot be written over.
const plainEvery = 5 * time.Second

func newLive(w io.Writer) *live { return &live{w: w, terminal: terminal(w)} }

func (l *live) progress(p Progress) {
	l.say(fmt.Sprintf("%d of %d nodes linked, %d of %d links up, %d of %d files hashed",
		p.NodesLinked, p.Nodes, p.LinksUp, p.Links, p.FilesHashed, p.Files))
}

func (l *live) say(text string) {
	if !l.terminal {
		if time.Since(l.last) >= plainEvery {
			l.last = time.Now()
			fmt.Fprintln(l.w, text)
		}
		return
	}
	pad := max(0, l.width-len(text))
	l.width, l.clear = len(text), true
	fmt.Fprintf(l.w, "\r%s%s", text, strings.Repeat(" ", pad))
}

// done ends the line.
func (l *live) done() {
	if l.clear {
		fmt.Fprintf(l.w, "\r%s\r", strings.Repeat(" ", l.width))
		l.clear, l.width = false, 0
	}
}

func terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
