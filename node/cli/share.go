package cli

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/node/config"
)

func (r *runner) share() *cli.Command {
	return &cli.Command{
		Name: "share", Usage: "share folders", Category: "files",
		Subcommands: []*cli.Command{
			{
				Name: "ls", Usage: "list the shared folders", Flags: clientFlags(jsonFlag()),
				Action: r.action(func(c *cli.Context, n *api.Client) error {
					if err := noArguments(c); err != nil {
						return err
					}
					list, err := n.Shares(c.Context)
					if err != nil {
						return err
					}
					return show(r, c, list, r.showShares)
				}),
			},
			{
				Name: "add", Usage: "share a folder and all below it", ArgsUsage: "DIR",
				Flags: clientFlags(
					groupFlag("share it with the members of this `GROUP` alone, also after the next start"),
					&cli.BoolFlag{Name: "force", Usage: "share it although it is refused or looks like a mistake"},
					&cli.BoolFlag{Name: "save", Usage: "also write it to the file of settings, for the next start"},
				),
				Action: r.action(r.addShare),
			},
			{
				Name: "rm", Usage: "end sharing a folder; no file is removed", ArgsUsage: "DIR", Flags: clientFlags(groupFlag("end sharing it with this `GROUP`")),
				Action: r.action(func(c *cli.Context, n *api.Client) error {
					dir, err := r.folder(c)
					if err != nil {
						return err
					}
					if err := n.RemoveShare(c.Context, dir, c.String("group")); err != nil {
						return err
					}
					r.say("%s is not shared %sany more", dir, with(c))
					return nil
				}),
				BashComplete: r.completeShares,
			},
			{
				Name: "check", Usage: "show what sharing a folder would share", ArgsUsage: "DIR", Flags: clientFlags(jsonFlag()),
				Action: r.action(func(c *cli.Context, n *api.Client) error {
					dir, err := r.folder(c)
					if err != nil {
						return err
					}
					report, err := n.CheckShare(c.Context, dir)
					if err != nil {
						return err
					}
					return show(r, c, report, r.showReport)
				}),
			},
			{
				Name: "rescan", Usage: "look through the shared folders now", Flags: clientFlags(),
				Action: r.action(func(c *cli.Context, n *api.Client) error {
					if err := noArguments(c); err != nil {
						return err
					}
					return n.Rescan(c.Context)
				}),
			},
		},
	}
}

// folder is the one argument of a command, as an absolute path.
func (r *runner) folder(c *cli.Context) (string, error) {
	if c.NArg() != 1 {
		return "", usage("which folder? `%s DIR`", c.Command.HelpName)
	}
	dir := c.Args().First()
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(r.env.Dir, dir)
	}
	return filepath.Clean(dir), nil
}

func (r *runner) addShare(c *cli.Context, n *api.Client) error {
	dir, err := r.folder(c)
	if err != nil {
		return err
	}
	if c.Bool("save") && c.String("group") != "" {
		return usage("what is shared with a group is kept without --save")
	}
	if force := c.Bool("force"); !force {
		report, err := n.CheckShare(c.Context, dir)
		if err != nil {
			return err
		}
		if len(report.Warnings) > 0 {
			if err := r.showReport(report); err != nil {
				return err
			}
			return fail(exitFailed, "%s is not shared; if this is what you mean, say so with --force", dir)
		}
		r.say("%s: %s, %s", dir, plural(report.Files, "file"), size(report.Bytes))
	}
	if err := n.AddShare(c.Context, dir, c.String("group"), c.Bool("force")); err != nil {
		return err
	}
	r.say("%s is shared%s; `filbert share ls` tells how far hashing is", dir, strings.TrimSuffix(" "+with(c), " "))
	if !c.Bool("save") {
		return nil
	}
	return r.saveShare(c, dir)
}

// groupFlag is the flag by which a command is about a group.
func groupFlag(usage string) *cli.StringFlag { return &cli.StringFlag{Name: "group", Usage: usage} }

// with says with which group something is shared, "" for everybody.
func with(c *cli.Context) string {
	if g := c.String("group"); g != "" {
		return "with " + g + " "
	}
	return ""
}

// saveShare adds a folder to the file of settings.
func (r *runner) saveShare(c *cli.Context, dir string) error {
	conf, err := config.Load(r.request(c))
	if err != nil {
		return err
	}
	if slices.Contains(conf.Shares, dir) {
		return nil
	}
	if err := config.Set(conf.Paths.Config, r.env.Dir, "shares", append(conf.Shares, dir)); err != nil {
		return err
	}
	r.say("saved in %s", conf.Paths.Config)
	return nil
}

func (r *runner) showShares(list []api.Share) error {
	if len(list) == 0 {
		r.say("nothing is shared; add a folder with `filbert share add DIR`")
		return nil
	}
	t := newTable(r.env.Out, "FILES", "SIZE", "WAITING", "LEFT OUT", "WITH", "FOLDER")
	var problems []string
	for _, s := range list {
		left := 0
		for _, n := range s.Skipped {
			left += n
		}
		dir := s.Dir
		if s.Error != "" {
			dir += "  (not shared: " + s.Error + ")"
		}
		t.row(fmt.Sprint(s.Files), size(s.Bytes), fmt.Sprint(s.Waiting), fmt.Sprint(left), cmp.Or(s.GroupName, "everybody"), dir)
		problems = append(problems, s.Problems...)
	}
	if err := t.end(); err != nil {
		return err
	}
	for _, p := range problems {
		r.say("cannot be read: %s", p)
	}
	return nil
}

func (r *runner) showReport(report api.ShareReport) error {
	if report.Refused == "" {
		fmt.Fprintf(r.env.Out, "%s: %s, %s\n", report.Dir, plural(report.Files, "file"), size(report.Bytes))
	}
	for _, name := range report.Sample {
		fmt.Fprintf(r.env.Out, "  %s\n", name)
	}
	if len(report.Sample) < report.Files {
		fmt.Fprintf(r.env.Out, "  and %d more\n", report.Files-len(report.Sample))
	}
	skipped := map[string]uint64{}
	for reason, n := range report.Skipped {
		skipped[reason] = uint64(n)
	}
	if len(skipped) > 0 {
		fmt.Fprintf(r.env.Out, "left out: %s\n", counters(skipped))
	}
	for _, w := range report.Warnings {
		fmt.Fprintf(r.env.Out, "warning: %s\n", w)
	}
	return nil
}
