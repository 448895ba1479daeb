package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/node/shell"
)

// leftShown is how many files that are not published are named (count): the more there are
// the less each matters.
const leftShown = 10

func byFlag() cli.Flag {
	return &cli.StringFlag{Name: "by", Usage: "the `PEER` that publishes it, if several members publish under the name"}
}

func (r *runner) publishFolder() *cli.Command {
	return &cli.Command{
		Name: "publish", Usage: "give a folder to the members of a group, version by version, or to everybody by a link", ArgsUsage: "DIR", Category: "files",
		Description: "In a group the folder as it is now becomes the next version, which those who follow it get. Its files are given from where they are: one that is\n" +
			"changed is given no more until the folder is published again. Hidden files, links, and what has the name of\n" +
			"keys, passwords or mail are left out.\n" +
			"Without --group it is shared with everybody, and a link is printed with which `filbert get LINK` fetches it as it is now.",
		Flags: clientFlags(
			groupFlag("the `GROUP` it is for; everybody if absent"),
			&cli.StringFlag{Name: "name", Usage: "the `NAME` of the publication; that of the folder if absent"},
			&cli.IntFlag{Name: "keep", Usage: "how many versions followers keep", Value: 3},
			&cli.BoolFlag{Name: "force", Usage: "publish it although it is refused or looks like a mistake"},
			&cli.BoolFlag{Name: "everybody", Usage: "share it with everybody though this node is in a group"},
			&cli.BoolFlag{Name: "save", Usage: "share it with everybody after the next start too"},
			jsonFlag(),
		),
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			dir, err := r.folder(c)
			switch {
			case err != nil:
				return err
			case c.String("group") == "":
				return r.publishOpen(c, n, dir)
			case c.Bool("save"):
				return usage("what is published in a group is kept without --save")
			case c.Bool("everybody"):
				return usage("--everybody and --group: for one of them")
			case c.Int("keep") < 1 || c.Int("keep") > 100:
				return usage("--keep must be from 1 to 100")
			}
			name := c.String("name")
			if name == "" {
				name = filepath.Base(dir)
			}
			p, err := n.Publish(c.Context, c.String("group"), dir, name, c.Int("keep"), c.Bool("force"))
			if err != nil {
				return err
			}
			return show(r, c, p, func(p api.Published) error {
				shown := min(len(p.LeftOut), leftShown)
				for _, left := range p.LeftOut[:shown] {
					r.say("left out: %s", left)
				}
				if more := p.Left - shown; more > 0 {
					r.say("left out: %d more; --json names up to %d", more, len(p.LeftOut))
				}
				if p.Unchanged {
					r.say("%s has not changed since version %d", name, p.Version)
					return nil
				}
				_, err := fmt.Fprintf(r.env.Out, "%s version %d: %s, %s\n", name, p.Version, plural(p.Files, "file"), size(p.Size))
				return err
			})
		}),
	}
}

func (r *runner) followPublication() *cli.Command {
	return &cli.Command{
		Name: "follow", Usage: "fetch what a member of a group publishes, and each version to come", ArgsUsage: "NAME", Category: "files",
		Description: "Each version is laid out in a folder of its own, named by its number, and given on to others. As many as the publisher says are kept: of older\n" +
			"ones the files that were not touched are removed.",
		Flags: clientFlags(
			groupFlag("the `GROUP` it is published in"), byFlag(),
			&cli.StringFlag{Name: "to", Usage: "lay versions out in `DIR`; if absent, in the folder of the group"},
		),
		Action: r.onPublication(func(c *cli.Context, n *api.Client, name string) error {
			to := c.String("to")
			if to != "" && !filepath.IsAbs(to) {
				to = filepath.Join(r.env.Dir, to)
			}
			if err := r.followSoon(c, n, name, to); err != nil {
				return err
			}
			r.say("`filbert publications --watch` shows how it comes")
			return nil
		}),
		BashComplete: r.completePublications,
	}
}

func (r *runner) unfollowPublication() *cli.Command {
	return &cli.Command{
		Name: "unfollow", Usage: "fetch no more versions, or end a publication of this node", ArgsUsage: "NAME", Category: "files",
		Description: "Versions that are here stay, and are given to others no more.",
		Flags:       clientFlags(groupFlag("the `GROUP` it is published in"), byFlag()),
		Action: r.onPublication(func(c *cli.Context, n *api.Client, name string) error {
			return n.Unfollow(c.Context, c.String("group"), name, c.String("by"))
		}),
		BashComplete: r.completePublications,
	}
}

// onPublication is the action of a command that wants a name, in a group.
func (r *runner) onPublication(do func(c *cli.Context, n *api.Client, name string) error) cli.ActionFunc {
	return r.action(func(c *cli.Context, n *api.Client) error {
		switch {
		case c.NArg() != 1:
			return usage("which one? `filbert publications` lists them")
		case c.String("group") == "":
			return usage("in which group? `%s NAME --group GROUP`", c.Command.HelpName)
		}
		return do(c, n, c.Args().First())
	})
}

func (r *runner) publications() *cli.Command {
	return &cli.Command{
		Name: "publications", Usage: "list what members of groups publish, and who has how much of it", Category: "files",
		Flags: clientFlags(
			groupFlag("of one `GROUP` alone"),
			&cli.BoolFlag{Name: "watch", Aliases: []string{"w"}, Usage: "go on showing what changes, until Ctrl-C"},
			jsonFlag(),
		),
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if err := noArguments(c); err != nil {
				return err
			}
			if c.Bool("watch") {
				if c.Bool(flagJSON) {
					return usage("--watch has no end, so it prints no one document")
				}
				return r.watchPublications(c, n)
			}
			list, err := n.Publications(c.Context, c.String("group"))
			if err != nil {
				return err
			}
			return show(r, c, list, r.showPublications)
		}),
	}
}

func (r *runner) showPublications(list []api.Publication) error {
	if len(list) == 0 {
		r.say("nothing is published; `filbert publish DIR --group GROUP` does so")
		return nil
	}
	t := newTable(r.env.Out, "GROUP", "NAME", "VERSION", "FILES", "SIZE", "WHO", "HAS", "REMARK")
	for _, p := range list {
		version, files, bytes := "-", "-", "-"
		if p.Version > 0 {
			version, files, bytes = fmt.Sprint(p.Version), fmt.Sprint(p.Files), size(p.Size)
		}
		t.row(p.Group, p.Name, version, files, bytes, publisherOf(p), publisherHas(p), publisherRemark(p))
		for _, f := range p.Followers {
			t.row("", "", "", "", "", followerName(f), hasOf(f), followerRemark(p, f))
		}
	}
	return t.end()
}

// publisherOf is who publishes.
func publisherOf(p api.Publication) string {
	if p.Own {
		return "(this node)"
	}
	return orElse(p.By, fmt.Sprintf("%.12s", p.Publisher))
}

func publisherHas(p api.Publication) string {
	if p.Version == 0 {
		return "-"
	}
	return fmt.Sprintf("version %d", p.Version)
}

func publisherRemark(p api.Publication) string {
	var said []string
	switch {
	case p.Own && p.Changed > 0:
		said = append(said, plural(p.Changed, "file")+" changed since: publish again")
	case p.Version == 0:
		said = append(said, "it is published no more")
	default:
		said = append(said, "publishes it")
	}
	if !p.Own && !p.Followed {
		said = append(said, "not followed here")
	}
	return strings.Join(said, "; ")
}

func followerName(f api.Follower) string {
	if f.Self {
		return "(this node)"
	}
	return orElse(f.Name, fmt.Sprintf("%.12s", f.PeerID))
}

func hasOf(f api.Follower) string { return fmt.Sprintf("%d %% of %d", f.Percent, f.Version) }

// followerRemark is what is to be said of this node as a follower.
func followerRemark(p api.Publication, f api.Follower) string {
	if !f.Self {
		return ""
	}
	switch p.Stage {
	case "":
		if p.Changed > 0 {
			return plural(p.Changed, "file") + " changed here; in " + p.Dir
		}
		return "in " + p.Dir
	case "fetching":
		said := fmt.Sprintf("%s of %s, %s", size(p.Have), size(p.Size), rate(p.Rate))
		if p.Reused > 0 {
			said += ", " + size(p.Reused) + " from older versions"
		}
		return said
	}
	if p.Reason != "" {
		return p.Stage + ": " + p.Reason
	}
	return p.Stage
}

// watchPublications tells what changes, a line each, until the user has seen enough or the
// node ends.
func (r *runner) watchPublications(c *cli.Context, n *api.Client) error {
	seen := map[string]string{}
	err := n.WatchPublications(c.Context, c.String("group"), func(all []api.Publication) error {
		now := map[string]string{}
		tell := func(p api.Publication, who, has string) error {
			key := p.GroupID + p.Publisher + p.Name + "\x00" + who
			now[key] = has
			if seen[key] == has {
				return nil
			}
			_, err := fmt.Fprintf(r.env.Out, "%s  %s  %s  %s  %s\n", time.Now().Format(time.TimeOnly), p.Group, p.Name, who, has)
			return err
		}
		for _, p := range all {
			if err := tell(p, publisherOf(p), publisherHas(p)); err != nil {
				return err
			}
			for _, f := range p.Followers {
				if err := tell(p, followerName(f), hasOf(f)); err != nil {
					return err
				}
			}
		}
		seen = now
		return nil
	})
	switch {
	case errors.Is(err, context.Canceled):
		return nil // that is how it ends
	case err != nil:
		return err
	}
	return fail(exitNotRunning, "the node has stopped; it goes on when it is started again")
}

func (r *runner) completePublications(c *cli.Context) { r.complete(c, publicationChoices) }

// publicationChoices is what is published.
func publicationChoices(ctx context.Context, n *api.Client) []shell.Completion {
	list, err := n.Publications(ctx, "")
	if err != nil {
		return nil
	}
	var out []shell.Completion
	for _, p := range list {
		out = append(out, shell.Completion{Value: p.Name, Help: fmt.Sprintf("version %d, %s", p.Version, p.Group), Group: "publications"})
	}
	return out
}
