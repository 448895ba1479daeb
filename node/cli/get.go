package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cheggaaa/pb/v3"
	"github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/transfer/urn"
)

func (r *runner) get() *cli.Command {
	return &cli.Command{
		Name: "get", Usage: "download a file, or several as one folder", ArgsUsage: "N|URN|MAGNET", Category: "files",
		Description: "N is the number of a search result. The path of the file is printed when it is complete and verified.\n" +
			"A link that `filbert publish` printed brings a folder, and once more what did not come of it.\n" +
			"The download is the node's: it goes on when this command ends.",
		Flags: clientFlags(
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "save as `PATH` instead of in the download folder"},
			&cli.BoolFlag{Name: "detach", Aliases: []string{"d"}, Usage: "do not wait until it is complete"},
			&cli.DurationFlag{Name: "timeout", Usage: "wait no longer than `TIME`"},
			&cli.StringFlag{Name: "adopt", Usage: "take what fits from `FILE`, such as what another program left; it is only read"},
			&cli.StringFlag{Name: "strategy", Usage: "fetch in this `ORDER`: rarest (what fewest have first), sequential, or auto, which is\n" +
				"sequential as long as nobody else is fetching the file"},
			&cli.StringFlag{Name: "limit-rate", Usage: "fetch at most at `RATE`, such as 700k, 10M or bytes per second; 0 is no limit. It may be changed\n" +
				"by getting the file again"},
			&cli.StringFlag{Name: "folder", Usage: "fetch several results (3 5 7-9) into a new folder `NAME`"},
			&cli.StringFlag{Name: "collection", Usage: "fetch the files that `FILE` lists, or a link leads to, into a new folder; see the commands\n" +
				"collection and publish"},
			jsonFlag(),
		),
		Action:       r.action(r.doGet),
		BashComplete: r.completeResults,
	}
}

// strategies are what --strategy may be.
var strategies = []string{"auto", "rarest", "sequential"}

func (r *runner) doGet(c *cli.Context, n *api.Client) error {
	link, err := collectionLink(c)
	if err != nil {
		return err
	}
	if link != "" || c.String("folder") != "" || c.String("collection") != "" {
		for _, flag := range []string{"adopt", "strategy", "limit-rate"} {
			if c.IsSet(flag) {
				return usage("--%s is for one file, not for a folder", flag)
			}
		}
		return r.getFolder(c, n, link)
	}
	if c.NArg() > 1 {
		return usage("get one file, or several as one folder with --folder NAME")
	}
	if c.NArg() != 1 {
		return usage("get what? `filbert get N`, a URN or a magnet link")
	}
	output, err := r.absolute(c, "output")
	if err != nil {
		return err
	}
	adopt, err := r.absolute(c, "adopt")
	if err != nil {
		return err
	}
	strategy := c.String("strategy")
	if c.IsSet("strategy") && !slices.Contains(strategies, strategy) {
		return usage("there is no --strategy %q, only %s", strategy, strings.Join(strategies, ", "))
	}
	rate, err := parseSize("limit-rate", c.String("limit-rate"))
	if err != nil {
		return err
	}
	if c.IsSet("limit-rate") && rate == 0 {
		rate = -1
	}
	ctx := c.Context
	if limit := c.Duration("timeout"); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	d, err := n.Get(ctx, api.GetRequest{Target: c.Args().First(), Output: output, Adopt: adopt, Strategy: strategy, Limit: rate})
	if err != nil {
		return err
	}
	if !c.Bool("detach") {
		if d, err = r.follow(ctx, n, d, !c.Bool(flagJSON)); err != nil {
			if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
				r.say("the node goes on with it; see `filbert downloads`")
			}
			return err
		}
	}
	if c.Bool(flagJSON) {
		if err := r.printJSON(d); err != nil {
			return err
		}
	} else if d.Adopted != nil {
		r.say("%s", adoption(*d.Adopted))
	}
	return r.outcome(c, d)
}

// absolute is the path that a flag gives, "" if it is not given.
func (r *runner) absolute(c *cli.Context, flag string) (string, error) {
	path := c.String(flag)
	if path == "" || filepath.IsAbs(path) {
		return path, nil
	}
	if r.env.Dir == "" {
		return "", usage("--%s %q is relative and there is no working directory: give the whole path", flag, path)
	}
	trailing := strings.HasSuffix(path, string(filepath.Separator))
	if path = filepath.Join(r.env.Dir, path); trailing {
		path += string(filepath.Separator)
	}
	return path, nil
}

// outcome tells how a download stands, and what the command ends with.
func (r *runner) outcome(c *cli.Context, d api.Download) error {
	switch d.State {
	case "complete":
		if !c.Bool(flagJSON) {
			fmt.Fprintln(r.env.Out, d.Path)
		}
		return nil
	case "failed":
		if d.Wrong {
			return fail(exitWrong, "%s: verification failed: %s", d.Name, d.Error)
		}
		return fail(exitFailed, "%s: %s", d.Name, d.Error)
	case "cancelled":
		return fail(exitFailed, "%s: the download was cancelled", d.Name)
	}
	if !c.Bool(flagJSON) {
		r.say("%s: %s", d.Name, d.State)
	}
	return nil
}

// adoption says what came of a file that was to be adopted.
func adoption(a api.Adopted) string {
	if a.Size == 0 && !a.Done {
		return a.Path + ": " + a.Reason
	}
	s := fmt.Sprintf("%s: %d of its %d bytes were of use", a.Path, a.Used, a.Size)
	if a.Reason != "" {
		s += ": " + a.Reason
	}
	return s
}

// follow shows the progress of a download until it is over.
func (r *runner) follow(ctx context.Context, n *api.Client, d api.Download, talk bool) (api.Download, error) {
	h, err := urn.Parse(d.URN)
	if err != nil {
		return d, err
	}
	var p progress
	if talk {
		p = newProgress(r.env.Err, d)
	}
	err = n.Watch(ctx, h.SHA1, d.Group, func(now api.Download) {
		d = now
		p.show(now)
	})
	p.end()
	if err == nil && !d.Done() {
		err = fail(exitNotRunning, "the node has stopped; the download goes on when it is started again")
	}
	return d, err
}

// progress shows a bar on a terminal, and nothing elsewhere.
type progress struct{ bar *pb.ProgressBar }

func newProgress(w io.Writer, d api.Download) progress {
	if !terminal(w) {
		return progress{}
	}
	const layout = `{{string . "name"}} {{counters . }} {{bar . "[" "=" ">" " " "]"}} {{percent . }} {{string . "rate"}} {{string . "eta"}} {{string . "state"}}`
	bar := pb.ProgressBarTemplate(layout).New(0).SetTotal(d.Size)
	bar.Set(pb.Bytes, true).SetWriter(w).SetRefreshRate(200 * time.Millisecond)
	bar.Set("name", clip(d.Name, 30))
	bar.Start()
	return progress{bar}
}

func (p *progress) show(d api.Download) {
	if p.bar == nil {
		return
	}
	eta, speed, state := "", "", givers(d)
	have := d.Have
	switch d.State {
	case "downloading":
		speed = rate(d.Rate)
		if d.ETA > 0 {
			eta = "ETA " + span(time.Duration(d.ETA*float64(time.Second)))
		}
	case "verifying":
		have, state = d.Verified, "verifying"
	default:
		state = d.State
		if d.Reason != "" {
			state += ": " + d.Reason
		}
	}
	p.bar.Set("rate", speed).Set("eta", eta).Set("state", clip(state, 50))
	p.bar.SetCurrent(have)
}

func (p *progress) end() {
	if p.bar != nil {
		p.bar.Finish()
	}
}
