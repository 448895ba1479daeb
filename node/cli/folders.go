package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
)

// folderPoll is how often a folder being fetched is looked at.
const folderPoll = 500 * time.Millisecond

// maxNumbers is the most numbers a range of them may stand for: as many as the
// files of a collection.
const maxNumbers = 1000

func (r *runner) folders() *cli.Command {
	return &cli.Command{
		Name: "folders", Usage: "list the folders being fetched", Category: "files", Flags: clientFlags(jsonFlag()),
		Description: "`get --folder` and `get --collection` fetch one.",
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if c.Args().Present() {
				return unknown(c.Args().First(), c.Command.Subcommands, "folders ")
			}
			list, err := n.Folders(c.Context)
			if err != nil {
				return err
			}
			return show(r, c, list, r.showFolders)
		}),
		Subcommands: []*cli.Command{{
			Name: "show", Usage: "list the files of a folder", ArgsUsage: "N|NAME", Flags: clientFlags(jsonFlag()),
			Action: r.action(func(c *cli.Context, n *api.Client) error {
				if c.NArg() != 1 {
					return usage("show which folder? `filbert folders` lists them")
				}
				f, err := r.pickFolder(c, n, c.Args().First())
				if err != nil {
					return err
				}
				return show(r, c, f, r.showFolder)
			}),
			BashComplete: r.completeFolders,
		}, {
			Name: "cancel", Usage: "end the downloads of a folder; files that are complete stay", ArgsUsage: "N|NAME", Flags: clientFlags(),
			Action: r.action(func(c *cli.Context, n *api.Client) error {
				if c.NArg() != 1 {
					return usage("cancel which folder? `filbert folders` lists them")
				}
				f, err := r.pickFolder(c, n, c.Args().First())
				if err != nil {
					return err
				}
				if err := n.CancelFolder(c.Context, f.Name); err != nil {
					return err
				}
				r.say("%s: cancelled; %s complete", f.Name, plural(f.Done, "file"))
				return nil
			}),
			BashComplete: r.completeFolders,
		}},
	}
}

// pickFolder finds the folder that a name or a number of the list means.
func (r *runner) pickFolder(c *cli.Context, n *api.Client, what string) (api.Folder, error) {
	list, err := n.Folders(c.Context)
	if err != nil {
		return api.Folder{}, err
	}
	i := slices.IndexFunc(list, func(f api.Folder) bool { return f.Name == what })
	if number, err := strconv.Atoi(what); err == nil && i < 0 {
		i = number - 1
	}
	if i < 0 || i >= len(list) {
		return api.Folder{}, fail(exitNotFound, "there is no folder %q; `filbert folders` lists them", what)
	}
	return n.Folder(c.Context, list[i].Name)
}

func (r *runner) showFolders(list []api.Folder) error {
	if len(list) == 0 {
		r.say("no folders")
		return nil
	}
	t := newTable(r.env.Out, "N", "STATE", "DONE", "SIZE", "RATE", "FILES", "FAILED", "NAME")
	for i, f := range list {
		t.row(fmt.Sprint(i+1), f.State, percent(f.Have, f.Size), size(f.Size), folderRate(f), fmt.Sprintf("%d/%d", f.Done, f.Files),
			fmt.Sprint(f.Failed), f.Name)
	}
	return t.end()
}

func folderRate(f api.Folder) string {
	if f.State != "downloading" {
		return "-"
	}
	return rate(f.Rate)
}

func (r *runner) showFolder(f api.Folder) error {
	t := newTable(r.env.Out, "STATE", "DONE", "SIZE", "PATH", "REMARK")
	for _, item := range f.Items {
		t.row(item.State, percent(item.Have, item.Size), size(item.Size), item.Path, orDash(item.Reason))
	}
	if err := t.end(); err != nil {
		return err
	}
	r.say("%s in %s", folderLine(f), f.Dir)
	return nil
}

// folderLine is a folder in a few words.
func folderLine(f api.Folder) string {
	text := fmt.Sprintf("%s: %s, %d of %s, %s of %s", f.Name, f.State, f.Done, plural(f.Files, "file"), percent(f.Have, f.Size), size(f.Size))
	if f.Failed > 0 {
		text += fmt.Sprintf(", %d failed", f.Failed)
	}
	return text
}

// getFolder fetches several files as one folder, and waits for them. They are in the
// collection that link names, unless that is "".
func (r *runner) getFolder(c *cli.Context, n *api.Client, link string) error {
	if c.String("output") != "" {
		return usage("--output is for one file; a folder is made in the download folder")
	}
	ctx := c.Context
	if limit := c.Duration("timeout"); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	var f api.Folder
	var err error
	if link != "" {
		f, err = r.beginLinked(ctx, c, n, link)
	} else {
		f, err = r.beginListed(ctx, c, n)
	}
	if err != nil {
		return err
	}
	if !c.Bool("detach") {
		if f, err = r.followFolder(ctx, n, f, !c.Bool(flagJSON)); err != nil {
			if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
				r.say("the node goes on with it; see `filbert folders`")
			}
			return err
		}
	}
	if f.Signer != "" && !c.Bool(flagJSON) {
		r.say("signed by %s", strings.TrimSpace(f.SignerName+" "+f.Signer))
	}
	if c.Bool(flagJSON) {
		err = r.printJSON(f)
	} else {
		_, err = fmt.Fprintln(r.env.Out, f.Dir)
	}
	if err != nil {
		return err
	}
	if f.State == "incomplete" {
		for _, item := range f.Items {
			if item.State == "failed" {
				r.say("%s: %s", item.Path, item.Reason)
			}
		}
		return fail(exitTimeout, "%s", folderLine(f))
	}
	return nil
}

// beginListed begins to fetch what the arguments name, and a file that lists more.
func (r *runner) beginListed(ctx context.Context, c *cli.Context, n *api.Client) (f api.Folder, err error) {
	request := api.FolderRequest{Name: c.String("folder")}
	if file := c.String("collection"); file != "" {
		if request.Collection, err = r.readCollection(file); err != nil {
			return f, err
		}
		if base := filepath.Base(file); request.Name == "" && !named(request.Collection) {
			request.Name = strings.TrimSuffix(base, filepath.Ext(base))
		}
	}
	if request.Targets, err = numbers(c.Args().Slice()); err != nil {
		return f, err
	}
	if request.Collection == "" && len(request.Targets) == 0 {
		return f, usage("get what? `filbert get --folder NAME N M...`, or `filbert get --collection FILE`")
	}
	return n.GetFolder(ctx, request)
}

// followFolder waits until nothing more happens to a folder.
func (r *runner) followFolder(ctx context.Context, n *api.Client, f api.Folder, talk bool) (api.Folder, error) {
	var p progress
	if talk {
		p = newProgress(r.env.Err, api.Download{Name: f.Name, Size: f.Size})
	}
	defer func() { p.end() }()
	tick := time.NewTicker(folderPoll)
	defer tick.Stop()
	for f.State == "downloading" {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return f, ctx.Err()
		}
		now, err := n.Folder(ctx, f.Name)
		if err != nil {
			return f, err
		}
		f = now
		p.show(api.Download{State: "downloading", Have: f.Have, Rate: f.Rate, Source: fmt.Sprintf("%d/%d files", f.Done, f.Files)})
	}
	return f, nil
}

// numbers makes single targets of ranges such as 3-9.
func numbers(words []string) ([]string, error) {
	var out []string
	for _, word := range words {
		low, high, ok := strings.Cut(word, "-")
		from, err := strconv.Atoi(low)
		to, err2 := strconv.Atoi(high)
		if !ok || err != nil || err2 != nil {
			out = append(out, word)
			continue
		}
		if from > to || to-from >= maxNumbers {
			return nil, usage("%q: want a range such as 3-9, of %d numbers at most", word, maxNumbers)
		}
		for n := from; n <= to; n++ {
			out = append(out, strconv.Itoa(n))
		}
	}
	return out, nil
}
