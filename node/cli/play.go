package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
)

// playPoll is how often a file being played is looked at.
const playPoll = time.Second

func (r *runner) play() *cli.Command {
	return &cli.Command{
		Name: "play", Usage: "watch or listen to a file while it arrives", ArgsUsage: "N|URN|MAGNET", Category: "files",
		Description: "Fetches the file, if it is not here, and prints a URL at which players on this machine read it meanwhile.\n" +
			"It is opened with what the system opens URLs with. Only what was verified is given out, so a file whose\n" +
			"sources have no hash tree plays when all of it is here. The command ends when all was read; the URL stays\n" +
			"as long as the node runs.",
		Flags: clientFlags(
			&cli.BoolFlag{Name: "no-open", Usage: "only print the URL"},
			jsonFlag(),
		),
		Action:       r.action(r.doPlay),
		BashComplete: r.completeResults,
	}
}

func (r *runner) doPlay(c *cli.Context, n *api.Client) error {
	if c.NArg() != 1 {
		return usage("play what? `filbert play N`, a URN or a magnet link")
	}
	p, err := n.Play(c.Context, c.Args().First())
	if err != nil {
		return err
	}
	if c.Bool(flagJSON) {
		err = r.printJSON(p)
	} else {
		_, err = fmt.Fprintln(r.env.Out, p.URL)
	}
	if err != nil {
		return err
	}
	if !c.Bool("no-open") {
		if err := openURL(c.Context, p.URL); err != nil {
			r.say("open the URL with a player: %v", err)
		}
	}
	return untilRead(c.Context, n, p)
}

// untilRead waits until all of a file was read, or its download is over without
// the file. It looks now and then: whoever plays is not in a hurry here.
func untilRead(ctx context.Context, n *api.Client, p api.Play) error {
	tick := time.NewTicker(playPoll)
	defer tick.Stop()
	for {
		list, err := n.Playing(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(o api.Play) bool { return o.URL == p.URL })
		switch {
		case i < 0:
			return fail(exitNotFound, "%s: the node no longer plays it", p.Name)
		case list[i].Whole():
			return nil
		}
		downloads, err := n.Downloads(ctx)
		if err != nil {
			return err
		}
		for _, d := range downloads {
			if d.URN == p.URN && (d.State == "failed" || d.State == "cancelled") {
				return lost(d)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lost is how a command ends whose file will not come.
func lost(d api.Download) error {
	switch {
	case d.Wrong:
		return fail(exitWrong, "%s: verification failed: %s", d.Name, d.Error)
	case d.Error != "":
		return fail(exitFailed, "%s: %s", d.Name, d.Error)
	}
	return fail(exitFailed, "%s: the download was cancelled", d.Name)
}

var errNoScreen = errors.New("there is no screen")

// openers are the commands that open a URL as the user has set it up. The URL is
// one argument, which no shell sees.
var openers = map[string][]string{
	"darwin":  {"open"},
	"windows": {"rundll32", "url.dll,FileProtocolHandler"},
}

// openURL has the system open a URL, and does not wait for what it opens.
func openURL(ctx context.Context, url string) error {
	argv, ok := openers[runtime.GOOS]
	if !ok {
		argv = []string{"xdg-open"}
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			return errNoScreen
		}
	}
	c := exec.CommandContext(context.WithoutCancel(ctx), argv[0], append(slices.Clone(argv[1:]), url)...)
	if err := c.Start(); err != nil {
		return err
	}
	return c.Process.Release()
}
