package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
)

// publishOpen shares a folder with everybody, and prints the link of a collection of it.
func (r *runner) publishOpen(c *cli.Context, n *api.Client, dir string) error {
	if c.IsSet("keep") {
		return usage("--keep is for a group: to everybody a folder is given as it is")
	}
	name := c.String("name")
	done, err := n.Collect(c.Context, dir, name)
	var answered *api.Error
	if errors.As(err, &answered) && answered.Status == http.StatusNotFound {
		if err := meant(c, n, dir); err != nil {
			return err
		}
		if err := r.openShare(c, n, dir); err != nil {
			return err
		}
		if done, err = n.Collect(c.Context, dir, name); err != nil {
			return errors.Join(err, n.RemoveShare(context.WithoutCancel(c.Context), dir, ""))
		}
		r.say("%s is shared with everybody", dir)
		if !c.Bool("save") {
			r.say("until the node ends; --save shares it after the next start too")
		}
	}
	if err == nil && done.Magnet == nil {
		done, err = r.followCollect(c.Context, n, dir, name, done, !c.Bool(flagJSON))
	}
	if err != nil {
		return err
	}
	if c.Bool("save") {
		if err := r.savePublished(c, n, dir); err != nil {
			return err
		}
	}
	return show(r, c, done, r.showCollected)
}

func (r *runner) showCollected(done api.Collected) error {
	left := map[string]uint64{}
	for reason, count := range done.Skipped {
		left[reason] = uint64(count)
	}
	if len(left) > 0 {
		r.say("left out: %s", counters(left))
	}
	if done.Unread > 0 {
		r.say("%s could not be read; `filbert share ls` names some", plural(done.Unread, "file"))
	}
	if done.Magnet.Hidden {
		r.say("the link does not say where this node is, as it does not know yet; the setting external tells it")
	}
	r.say("%s, %s; `filbert get 'LINK'` fetches them as one folder", plural(done.Files, "file"), size(done.Size))
	_, err := fmt.Fprintln(r.env.Out, done.Magnet.Link)
	return err
}

// meant is nil if a folder that is not shared with everybody yet is to be: who is in a
// group may have forgotten to name it.
func meant(c *cli.Context, n *api.Client, dir string) error {
	if c.Bool("everybody") {
		return nil
	}
	groups, err := n.Groups(c.Context)
	if err != nil || len(groups) == 0 {
		return err
	}
	var names []string
	for _, g := range groups {
		names = append(names, g.Name)
	}
	return usage("%s for whom? --group GROUP (%s), or --everybody, which shares it with the whole network", dir, clip(strings.Join(names, ", "), 200))
}

// openShare shares a folder with everybody, unless it looks like a mistake.
func (r *runner) openShare(c *cli.Context, n *api.Client, dir string) error {
	if !c.Bool("force") {
		report, err := n.CheckShare(c.Context, dir)
		if err != nil {
			return err
		}
		if len(report.Warnings) > 0 {
			for _, w := range report.Warnings {
				r.say("warning: %s", w)
			}
			return fail(exitFailed, "%s is not published to everybody; if this is what you mean, say so with --force", dir)
		}
	}
	return n.AddShare(c.Context, dir, "", c.Bool("force"))
}

// savePublished writes a folder that is shared to the file of settings. One that lies in a
// shared one is shared as long as that is.
func (r *runner) savePublished(c *cli.Context, n *api.Client, dir string) error {
	list, err := n.Shares(c.Context)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(s api.Share) bool { return s.Dir == dir && s.Group == "" }) {
		r.say("%s lies in a folder that is shared; it is that which `filbert share add --save` is for", dir)
		return nil
	}
	return r.saveShare(c, dir)
}

// followCollect waits until others can fetch a collection.
func (r *runner) followCollect(ctx context.Context, n *api.Client, dir, name string, done api.Collected, talk bool) (api.Collected, error) {
	var p progress
	if talk {
		p = newProgress(r.env.Err, api.Download{Name: strings.TrimSpace(name + " hashing"), Size: done.Size})
	}
	defer func() { p.end() }()
	tick := time.NewTicker(folderPoll)
	defer tick.Stop()
	for done.Magnet == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return done, ctx.Err()
		}
		now, err := n.Collect(ctx, dir, name)
		if err != nil {
			return done, err
		}
		done = now
		p.show(api.Download{State: fmt.Sprintf("%d/%d files", done.Files-done.Waiting, done.Files), Have: done.Hashed})
	}
	return done, nil
}
