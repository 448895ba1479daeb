package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	randv2 "math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/urfave/cli/v2"

	"filbert/nat/turn"
	"filbert/node"
	"filbert/node/api"
	"filbert/node/app/messages"
	"filbert/node/config"
	"filbert/overlay"
	"filbert/overlay/wire"
	"filbert/transfer/library"
)

// maxSeeds bounds what is read of a seed file.
const maxSeeds = 1000

func (r *runner) start() *cli.Command {
	flags := []cli.Flag{
		&cli.BoolFlag{Name: "headless", Usage: "no prompt; log JSON lines, end on SIGTERM"},
		&cli.StringFlag{Name: "seed-file", Usage: "connect to the seeds that `FILE` lists, one HOST:PORT a line"},
	}
	return &cli.Command{
		Name: "start", Usage: "run a node", Category: "setup",
		Description: "On a terminal the prompt opens: search, get, peers, help. Elsewhere, or with --headless, the node runs\n" +
			"until SIGTERM or `filbert stop`. Settings come from the file that `filbert paths` names, FILBERT_*, and these flags.",
		Flags:  append(append(homeFlags(), flags...), settingFlags()...),
		Action: r.doStart,
	}
}

// flagNames are the settings whose flags have another name than their key: each
// is given once for every item.
var flagNames = map[string]string{"seeds": "seed", "shares": "share", "udp-host-caches": "udp-host-cache", "web-caches": "web-cache", "stun-servers": "stun-server"}

// settingFlags makes a flag of every setting that is no secret.
func settingFlags() []cli.Flag {
	var flags []cli.Flag
	for _, s := range config.Settings() {
		if s.Secret {
			continue // everybody on the machine sees the flags of a program
		}
		name, aliases := s.Key, []string(nil)
		if other, ok := flagNames[s.Key]; ok {
			name, aliases = other, []string{s.Key}
		}
		help := s.Help
		if def := valueText(s.Default); def != "" && def != "0" {
			help += " (default: " + def + ")"
		}
		switch s.Kind {
		case config.KindList:
			flags = append(flags, &cli.StringSliceFlag{Name: name, Aliases: aliases, Usage: help})
		case config.KindBool:
			flags = append(flags, &cli.BoolFlag{Name: name, Usage: help})
		default:
			flags = append(flags, &cli.StringFlag{Name: name, Usage: help})
		}
	}
	return flags
}

// givenFlags collects the settings that the command line names.
func givenFlags(c *cli.Context) map[string][]string {
	given := map[string][]string{}
	for _, s := range config.Settings() {
		name := s.Key
		if other, ok := flagNames[s.Key]; ok {
			name = other
		}
		if !c.IsSet(name) {
			continue
		}
		switch s.Kind {
		case config.KindList:
			given[s.Key] = c.StringSlice(name)
		case config.KindBool:
			given[s.Key] = []string{fmt.Sprint(c.Bool(name))}
		default:
			given[s.Key] = []string{c.String(name)}
		}
	}
	return given
}

func (r *runner) doStart(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	request := r.request(c)
	request.Flags = givenFlags(c)
	conf, err := config.Load(request)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	seeds := conf.Seeds
	if file := c.String("seed-file"); file != "" {
		more, err := readSeeds(file)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		seeds = append(seeds, more...)
	}
	if err := conf.Paths.Prepare(); err != nil {
		return err
	}
	prompt := !c.Bool("headless") && terminal(r.env.In) && terminal(r.env.Out)
	log, closeLog, err := r.openLog(conf, prompt, c.Bool("headless"))
	if err != nil {
		return err
	}
	defer closeLog()
	for _, problem := range conf.Check() { // a folder that is missing now may come back
		if prompt {
			r.say("%v", problem)
		}
		log.Warn().Stringer("problem", problem).Msg("settings")
	}

	home, err := node.OpenHome(node.Places{Identity: conf.Paths.Identity, State: conf.Paths.State, Lock: conf.Paths.Lock}, log)
	if err != nil {
		return err
	}
	ctx := c.Context
	if prompt {
		var stop func()
		ctx, stop = PromptContext(ctx)
		defer stop()
	}
	n, err := node.Open(ctx, nodeConfig(conf, home, seeds, log))
	if err != nil {
		return errors.Join(err, home.Close())
	}
	app, history, err := openMessages(conf, n, log)
	if err != nil {
		return errors.Join(err, n.Close(), home.Close())
	}
	listeners, err := listen(conf, log)
	if err != nil {
		return errors.Join(err, n.Close(), history.Close(), home.Close())
	}
	server := &Served{Node: n, Messages: app, Listeners: listeners, Log: log}
	if prompt {
		server.While = func(ctx context.Context) error {
			client := api.Dial(conf.Paths.Socket)
			defer client.Close()
			greeting := fmt.Sprintf("filbert %s listens at %v. Type help for the commands, quit to end the node. Its log is %s.",
				Version, n.Addr(), logFile(conf))
			if outlook := n.Outlook(); outlook != "" {
				greeting += "\n" + outlook
			}
			return Prompt(ctx, r.env, client, greeting, historyFile(conf))
		}
	}
	err = server.Run(ctx)
	return errors.Join(err, history.Close(), home.Close())
}

func logFile(conf *config.Config) string {
	return filepath.Join(filepath.Dir(conf.Paths.State), "filbert.log")
}
func historyFile(conf *config.Config) string {
	return filepath.Join(filepath.Dir(conf.Paths.State), "history")
}

// openLog opens the log: a file beside the state while the prompt has the
// terminal, else standard error, as JSON where nobody reads along.
func (r *runner) openLog(conf *config.Config, prompt, headless bool) (zerolog.Logger, func(), error) {
	level, err := zerolog.ParseLevel(conf.Log)
	if err != nil {
		return zerolog.Logger{}, nil, &exitError{exitUsage, err}
	}
	var w io.Writer = r.env.Err
	closeLog := func() {}
	switch {
	case prompt:
		f, err := os.OpenFile(logFile(conf), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return zerolog.Logger{}, nil, err
		}
		w, closeLog = f, func() { f.Close() }
	case !headless && terminal(r.env.Err):
		w = zerolog.ConsoleWriter{Out: r.env.Err, TimeFormat: time.TimeOnly, NoColor: os.Getenv("NO_COLOR") != ""}
	}
	return zerolog.New(zerolog.SyncWriter(w)).Level(level).With().Timestamp().Logger(), closeLog, nil
}

// nodeConfig puts settings into the node's words.
func nodeConfig(conf *config.Config, home *node.Home, seeds []string, log zerolog.Logger) node.Config {
	var seed [32]byte
	rand.Read(seed[:]) // never fails
	rescan := conf.Rescan
	if rescan == 0 {
		rescan = math.MaxInt64 / 4 // never
	}
	cfg := node.Config{
		Version: Version, Identity: home.Identity, State: home.State, Network: &node.System{},
		Rand: randv2.New(randv2.NewChaCha8(seed)), Log: log,
		Listen: conf.Listen, External: conf.External, Seeds: seeds,
		Mode: mode(conf.Role), MaxLeaves: leaves(conf.MaxLeaves), Flood: !conf.Dynamic, GUESS: conf.GUESS, InBand: !conf.OutOfBand,
		HostCaches: conf.HostCaches, WebCaches: conf.WebCaches, PublicNetwork: conf.PublicNetwork, LAN: conf.LAN, BeHostCache: conf.BeHostCache, FreshID: conf.FreshID, MapPort: conf.MapPort, Relay: conf.Relay, STUNServers: addrPorts(conf.STUNServers), TURNServers: turnServers(conf.TURNServers),
		Neighbors: conf.Neighbors, MaxLinks: conf.MaxNeighbors, TTL: wire.TTL(conf.TTL), Speed: uint32(conf.Speed),
		Deflate: conf.Deflate, TLS: conf.TLS,
		Watch: conf.Watch, Rescan: rescan,
		Boards:      filepath.Join(filepath.Dir(conf.Paths.State), "boards.db"),
		Collections: filepath.Join(filepath.Dir(conf.Paths.State), "collections"),
		Downloads:   conf.Downloads, Groups: conf.GroupDownloads, OnComplete: conf.OnComplete, Browse: conf.Browse, UploadSlots: conf.UploadSlots, SlotsPerHost: conf.UploadSlotsPerHost, SlotsPerNet: conf.UploadSlotsPerNet,
		UploadLimit: int64(conf.UploadLimit) << 10, DownloadLimit: int64(conf.DownloadLimit) << 10, LimitSchedule: conf.LimitSchedule, LimitLAN: conf.LimitLAN,
		Hashers: runtime.GOMAXPROCS(0), HashRate: int64(conf.HashRate) << 10,
		UploadLimitLAN: int64(conf.UploadLimitLAN) << 10, DownloadLimitLAN: int64(conf.DownloadLimitLAN) << 10,
	}
	for _, dir := range conf.Shares {
		cfg.Shares = append(cfg.Shares, library.Share{Dir: dir})
	}
	return cfg
}

// addrPorts is addresses that were checked.
func addrPorts(list []string) (out []netip.AddrPort) {
	for _, text := range list {
		if addr, err := netip.ParseAddrPort(text); err == nil {
			out = append(out, addr)
		}
	}
	return out
}

// turnServers is servers that were checked.
func turnServers(list []string) (out []turn.Server) {
	for _, text := range list {
		if s, err := turn.Parse(text); err == nil {
			out = append(out, s)
		}
	}
	return out
}

// mode is what a setting lets the node be.
func mode(role string) overlay.Mode {
	switch role {
	case "ultrapeer":
		return overlay.ModeUltrapeer
	case "leaf":
		return overlay.ModeLeaf
	}
	return overlay.ModeAuto
}

// leaves is how many leaves to serve in the node's words, where 0 is the
// default.
func leaves(most int) int {
	if most == 0 {
		return -1
	}
	return most
}

// readSeeds reads HOST:PORT lines; empty ones and those that begin with # are
// skipped.
func readSeeds(file string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("seed file: %w", err)
	}
	defer f.Close()
	var seeds []string
	lines := bufio.NewScanner(f)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if _, _, err := net.SplitHostPort(line); err != nil {
			return nil, fmt.Errorf("seed file %s, line %d: %q: want HOST:PORT", file, number, clip(line, 80))
		}
		if seeds = append(seeds, line); len(seeds) > maxSeeds {
			return nil, fmt.Errorf("seed file %s: more than %d seeds", file, maxSeeds)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("seed file %s: %w", file, err)
	}
	return seeds, nil
}

// listen opens the control API: the socket, and the TCP port if one is asked
// for.
func listen(conf *config.Config, log zerolog.Logger) ([]Listener, error) {
	socket, err := api.ListenUnix(conf.Paths.Socket)
	if err != nil {
		return nil, err
	}
	listeners := []Listener{{Listener: socket}}
	if conf.API == "" {
		return listeners, nil
	}
	token, err := loadToken(conf.Paths.Token)
	if err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	l, err := net.Listen("tcp", conf.API)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("control API: %w", err), socket.Close())
	}
	log.Info().Stringer("address", l.Addr()).Str("token_file", conf.Paths.Token).Msg("control API")
	return append(listeners, Listener{l, token}), nil
}

// loadToken reads the secret of the TCP service, or makes one.
func loadToken(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		if token := string(bytes.TrimSpace(b)); len(token) >= 32 {
			return token, nil
		}
		return "", fmt.Errorf("token file %s is damaged; remove it to have a new one made", path)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("token file: %w", err)
	}
	var secret [32]byte
	rand.Read(secret[:]) // never fails
	token := hex.EncodeToString(secret[:])
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("token file: %w", err)
	}
	return token, nil
}

// Listener is where the control API is served; Token is asked for when it is
// not empty.
type Listener struct {
	net.Listener
	Token string
}

// Served is a node with its control API.
type Served struct {
	Node      *node.Node
	Messages  *messages.App
	Listeners []Listener
	Log       zerolog.Logger
	While     func(ctx context.Context) error // if set, everything ends when it does
}

// Run runs node and API until ctx ends, the API is told to stop, or While ends.
func (s *Served) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	server := api.NewServer(api.Config{Node: s.Node, Messages: s.Messages, Version: Version, Stop: stop, Log: s.Log})
	var work sync.WaitGroup
	errs := make(chan error, len(s.Listeners)+3)
	begin := func(run func(context.Context) error) {
		work.Go(func() {
			defer stop()
			errs <- run(ctx)
		})
	}
	begin(s.Node.Run)
	if s.Messages != nil {
		begin(s.Messages.Run)
	}
	for _, l := range s.Listeners {
		begin(func(ctx context.Context) error { return server.Serve(ctx, l.Listener, l.Token) })
	}
	if s.While != nil {
		begin(s.While)
	}
	work.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return errors.Join(all...)
}

func (r *runner) shell() *cli.Command {
	return &cli.Command{
		Name: "shell", Usage: "open the prompt of a running node", Category: "setup",
		Description: "Without a terminal it reads commands from standard input, one a line.",
		Flags:       clientFlags(),
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if err := noArguments(c); err != nil {
				return err
			}
			v, err := n.Version(c.Context)
			if err != nil {
				return err
			}
			paths, err := config.Locate(r.request(c))
			if err != nil {
				return err
			}
			ctx := c.Context
			greeting := ""
			if terminal(r.env.In) {
				var stop func()
				ctx, stop = PromptContext(ctx)
				defer stop()
				greeting = fmt.Sprintf("filbert %s, process %d. Type help for the commands, quit to leave; the node runs on.", v.Version, v.PID)
			}
			return Prompt(ctx, r.env, n, greeting, filepath.Join(filepath.Dir(paths.State), "history"))
		}),
	}
}
