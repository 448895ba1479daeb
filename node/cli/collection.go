package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/transfer/collection"
	"filbert/transfer/urn"
)

func (r *runner) collection() *cli.Command {
	return &cli.Command{
		Name: "collection", Usage: "print a list of files, with their hashes, to be fetched as one", ArgsUsage: "N|PATH...", Category: "files",
		Description: "Each PATH is a file or a folder, N is the number of a search result. The text that is printed names each file by\n" +
			"a magnet link; `filbert get --collection FILE` fetches them all into one folder.",
		Flags: clientFlags(&cli.StringFlag{Name: "name", Usage: "name it `NAME`; that of the first folder otherwise"}, jsonFlag()),
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if !c.Args().Present() {
				return usage("a collection of what? `filbert collection DIR`, paths or numbers of results")
			}
			list := collection.Collection{Name: c.String("name")}
			hidden := false
			words, err := numbers(c.Args().Slice())
			if err != nil {
				return err
			}
			for _, what := range words {
				err := r.gather(c, n, what, &list, &hidden)
				if err != nil {
					return err
				}
			}
			if len(list.Files) == 0 {
				return fail(exitNotFound, "there is no file in %s", strings.Join(c.Args().Slice(), ", "))
			}
			if hidden {
				r.say("the links do not say where this node is, as it does not know yet; the setting external tells it")
			}
			if c.Bool(flagJSON) {
				return r.printJSON(collectedOf(list))
			}
			_, err = r.env.Out.Write(list.AppendTo(nil))
			return err
		}),
		BashComplete: r.completeResults,
	}
}

// collectedFiles is what --json prints of a collection.
type collectedFiles struct {
	Name  string          `json:"name,omitempty"`
	Files []collectedFile `json:"files"`
}

type collectedFile struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	Magnet string `json:"magnet"`
}

func collectedOf(list collection.Collection) collectedFiles {
	out := collectedFiles{Name: list.Name}
	for _, f := range list.Files {
		link := urn.Magnet{URN: f.URN, Name: f.Path, Size: f.Size, Sources: f.Sources}
		out.Files = append(out.Files, collectedFile{f.Path, f.Size, link.String()})
	}
	return out
}

// gather adds a result, a file or all files of a folder to a collection.
func (r *runner) gather(c *cli.Context, n *api.Client, what string, list *collection.Collection, hidden *bool) error {
	if _, err := strconv.Atoi(what); err == nil {
		m, err := n.Magnet(c.Context, what)
		if err != nil {
			return err
		}
		return add(list, m, m.Name)
	}
	if !filepath.IsAbs(what) {
		if r.env.Dir == "" {
			return usage("%q is relative and there is no working directory: give the whole path", what)
		}
		what = filepath.Join(r.env.Dir, what)
	}
	info, err := os.Stat(what)
	if err != nil {
		return fail(exitNotFound, "%w", err)
	}
	one := func(at, as string) error {
		m, err := n.Magnet(c.Context, at)
		var answered *api.Error
		if errors.As(err, &answered) && answered.Status == http.StatusNotFound || errors.Is(err, api.ErrNotRunning) {
			m, err = hashed(c.Context, at)
		}
		if err != nil {
			return err
		}
		*hidden = *hidden || m.Hidden
		return add(list, m, as)
	}
	if !info.IsDir() {
		if err := readable(what); err != nil {
			return err
		}
		return one(what, filepath.Base(what))
	}
	if list.Name == "" {
		list.Name = filepath.Base(what)
	}
	return filepath.WalkDir(what, func(at string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case at != what && strings.HasPrefix(d.Name(), "."): // as where folders are shared
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		rel, err := filepath.Rel(what, at)
		if err != nil {
			return err
		}
		return one(at, filepath.ToSlash(rel))
	})
}

// add adds what a link names to a collection, at a path of its own.
func add(list *collection.Collection, m api.Magnet, as string) error {
	link, err := urn.ParseMagnet(m.Link)
	if err != nil {
		return err
	}
	f := collection.File{Path: path.Clean(as), Size: link.Size, URN: link.URN, Sources: link.Sources}
	if err := list.Add(f); err != nil {
		return fail(exitFailed, "%s: %w", as, err)
	}
	return nil
}

// readCollection reads the text of a collection and checks it, so that what is
// wrong is told with the file's name.
func (r *runner) readCollection(file string) (string, error) {
	var in io.Reader = r.env.In
	if file != "-" {
		if !filepath.IsAbs(file) {
			file = filepath.Join(r.env.Dir, file)
		}
		f, err := os.Open(file)
		if err != nil {
			return "", fail(exitNotFound, "collection: %w", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, collection.MaxText+1))
	if err != nil {
		return "", fmt.Errorf("collection: %w", err)
	}
	if _, err := collection.Parse(text); err != nil {
		return "", usage("%s: %w", file, err)
	}
	return string(text), nil
}

// named reports whether a collection says its name.
func named(text string) bool {
	c, err := collection.Parse([]byte(text))
	return err == nil && c.Name != ""
}
