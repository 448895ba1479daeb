package crawl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/cheggaaa/pb/v3"
	clilib "github.com/urfave/cli/v2"
	"golang.org/x/term"

	"filbert/node"
	"filbert/node/cli"
)

// Command is `filbert crawl`.
func Command(env cli.Env) *clilib.Command {
	return &clilib.Command{
		Name: "crawl", Usage: "draw the map of an overlay", ArgsUsage: "HOST:PORT...", Category: "laboratory",
		Description: "Visits ultrapeers from the given ones on, each once, and asks who their neighbors are. Needs no running node.\n" +
			"Prints the figures of what it found; the map itself goes to --json and --svg. Interrupted, it tells what it has.",
		Flags: []clilib.Flag{
			&clilib.IntFlag{Name: "depth", Usage: "go `N` links away from the given hosts; 0 is as far as it goes"},
			&clilib.IntFlag{Name: "max", Usage: "visit `N` hosts at most", Value: defaultMax},
			&clilib.IntFlag{Name: "parallel", Usage: "visit `N` hosts at once", Value: defaultParallel},
			&clilib.StringFlag{Name: "json", Usage: "write the map to `FILE`, \"-\" for standard output instead of the figures"},
			&clilib.StringFlag{Name: "svg", Usage: "write a picture of the map to `FILE`"},
		},
		Action: func(c *clilib.Context) error { return run(c, env) },
	}
}

// run is the command's action.
func run(c *clilib.Context, env cli.Env) error {
	if !c.Args().Present() {
		return cli.Usage("crawl from where? `filbert crawl HOST:PORT`")
	}
	seeds, err := lookUp(c.Context, c.Args().Slice())
	if err != nil {
		return err
	}
	bar := newBar(env.Err)
	cfg := Config{
		Seeds: seeds, Depth: c.Int("depth"), Max: c.Int("max"), Parallel: c.Int("parallel"), Agent: "filbert/" + cli.Version,
		Network: &node.System{}, Rand: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), Progress: bar.show,
	}
	if err := cfg.check(); err != nil {
		return cli.Usage("%w", err)
	}
	m, crawled := Crawl(c.Context, cfg)
	bar.end()
	if m == nil {
		return crawled
	}
	if err := write(env, m, c.String("json"), c.String("svg")); err != nil {
		return err
	}
	if crawled == nil && m.Summary().Visited == 0 {
		return fmt.Errorf("crawl: nobody answered: %s: %s", m.Nodes[0].Addr, m.Nodes[0].Error)
	}
	return crawled
}

// lookUp reads the hosts of the command line.
func lookUp(ctx context.Context, hosts []string) ([]netip.AddrPort, error) {
	var seeds []netip.AddrPort
	for _, text := range hosts {
		host, digits, err := net.SplitHostPort(text)
		port, portErr := strconv.ParseUint(digits, 10, 16)
		if err != nil || portErr != nil || port == 0 || host == "" {
			return nil, cli.Usage("%q: want HOST:PORT, such as 192.0.2.1:6346", text)
		}
		addr, err := netip.ParseAddr(host)
		if err != nil {
			addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
			if err != nil {
				return nil, fmt.Errorf("crawl: %w", err)
			}
			addr = addrs[0]
		}
		seeds = append(seeds, netip.AddrPortFrom(addr.Unmap(), uint16(port)))
	}
	return seeds, nil
}

// write puts the map where the user wants it.
func write(env cli.Env, m *Map, jsonFile, svgFile string) error {
	path := func(name string) string {
		if filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(env.Dir, name)
	}
	if svgFile != "" {
		if err := os.WriteFile(path(svgFile), m.SVG(), 0o644); err != nil {
			return fmt.Errorf("crawl: %w", err)
		}
	}
	switch jsonFile {
	case "":
	case "-":
		return m.WriteJSON(env.Out)
	default:
		f, err := os.Create(path(jsonFile))
		if err != nil {
			return fmt.Errorf("crawl: %w", err)
		}
		if err := errors.Join(m.WriteJSON(f), f.Close()); err != nil {
			return fmt.Errorf("crawl: %w", err)
		}
	}
	return m.WriteTable(env.Out)
}

// WriteJSON writes the map as one JSON document.
func (m *Map) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(m)
}

// barAfter is how long a crawl takes before its progress is shown.
const barAfter = time.Second

// bar shows progress on a terminal, and nothing elsewhere.
type bar struct {
	w     io.Writer
	began time.Time
	pb    *pb.ProgressBar
}

func newBar(w io.Writer) *bar {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		w = nil
	}
	return &bar{w: w, began: time.Now()}
}

func (b *bar) show(p Progress) {
	switch {
	case b.w == nil:
	case b.pb == nil && time.Since(b.began) > barAfter:
		const layout = `crawling {{counters . }} visited {{bar . "[" "=" ">" " " "]"}} {{string . "found"}} found {{etime . }}`
		b.pb = pb.ProgressBarTemplate(layout).New(0).SetWriter(b.w).SetRefreshRate(200 * time.Millisecond).Start()
		fallthrough
	case b.pb != nil:
		b.pb.Set("found", strconv.Itoa(p.Found)).SetTotal(int64(p.Visited + p.Pending + p.Waiting)).SetCurrent(int64(p.Visited))
	}
}

func (b *bar) end() {
	if b.pb != nil {
		b.pb.Finish()
	}
}
