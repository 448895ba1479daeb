package cli

import (
	"context"
	"errors"
	"net/http"
	"path"
	"strings"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/transfer/collection"
	"filbert/transfer/urn"
)

// collectionExt is how the name in a link ends that `publish` made.
const collectionExt = ".collection"

// collectionLink is the link of a collection that `get` was given, "" if it is to get
// something else: by a flag, or by a name that says so, unless it is to be saved as a file.
func collectionLink(c *cli.Context) (string, error) {
	link := c.String("collection")
	if !isLink(link) {
		if c.NArg() != 1 || link != "" || c.String("output") != "" || !isLink(c.Args().First()) {
			return "", nil
		}
		link = c.Args().First()
		if m, err := urn.ParseMagnet(link); err != nil || !strings.EqualFold(path.Ext(m.Name), collectionExt) {
			return "", nil
		}
	} else if c.Args().Present() {
		return "", usage("the link of a collection goes alone; %q is one thing too many", c.Args().First())
	}
	m, err := urn.ParseMagnet(link)
	switch {
	case err != nil:
		return "", usage("the link cannot be read: %w", err)
	case !m.HasSHA1:
		return "", usage("the link names no SHA-1 (xt=urn:sha1:... or urn:bitprint:...): was it cut?")
	case m.Size > collection.MaxText:
		return "", noCollection(m.Name, m.Size)
	}
	return link, nil
}

func isLink(text string) bool { return strings.HasPrefix(strings.ToLower(text), "magnet:") }

func noCollection(name string, bytes int64) error {
	return usage("%q is no collection: %d bytes are too many, at most %d are read; without --collection, or with --output, it is fetched as a file",
		name, bytes, collection.MaxText)
}

// beginLinked has the node fetch the collection that a link names, unless it has it, and
// begin with its files.
func (r *runner) beginLinked(ctx context.Context, c *cli.Context, n *api.Client, link string) (api.Folder, error) {
	request := api.FolderRequest{Name: c.String("folder"), Link: link}
	f, err := n.GetFolder(ctx, request)
	var answered *api.Error
	if !errors.As(err, &answered) || answered.Status != http.StatusNotFound {
		return f, err
	}
	if err := r.fetchCollection(ctx, c, n, link); err != nil { // it was not here
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			r.say("the node goes on to fetch the collection; the same command again takes it up")
		}
		return f, err
	}
	return n.GetFolder(ctx, request)
}

// fetchCollection has the node fetch the file that a link of a collection names.
func (r *runner) fetchCollection(ctx context.Context, c *cli.Context, n *api.Client, link string) error {
	d, err := n.Get(ctx, api.GetRequest{Target: link})
	if err != nil {
		return err
	}
	if d.Size > collection.MaxText { // the link did not say it
		h, err := urn.Parse(d.URN)
		if err == nil {
			err = n.Cancel(ctx, h.SHA1, "", true)
		}
		return errors.Join(noCollection(d.Name, d.Size), err)
	}
	if d, err = r.follow(ctx, n, d, !c.Bool(flagJSON)); err != nil {
		return err
	}
	switch d.State {
	case "complete":
		return nil
	case "failed":
		if d.Wrong {
			return fail(exitWrong, "%s: the collection is not the one that the link names: %s", d.Name, d.Error)
		}
		return fail(exitFailed, "%s: the collection did not come: %s", d.Name, d.Error)
	}
	return fail(exitFailed, "%s: the download of the collection ended: %s", d.Name, d.State)
}
