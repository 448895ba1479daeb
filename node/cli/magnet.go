package cli

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/urn"
)

// hashBuffer is how much of a file is read at a time, in bytes.
const hashBuffer = 256 << 10

func (r *runner) magnet() *cli.Command {
	return &cli.Command{
		Name: "magnet", Usage: "print a link that names a file", ArgsUsage: "N|URN|PATH", Category: "files",
		Description: "N is the number of a search result. The link names the file by its hashes, its size and its name, so that\n" +
			"`filbert get` and other programs find it wherever it is; and the address of this node, if it shares the file.\n" +
			"A PATH that is not shared is hashed, which needs no node.",
		Flags:        clientFlags(jsonFlag()),
		Action:       r.action(r.doMagnet),
		BashComplete: r.completeResults,
	}
}

func (r *runner) doMagnet(c *cli.Context, n *api.Client) error {
	if c.NArg() != 1 {
		return usage("a link to what? `filbert magnet N`, a URN or the path of a file")
	}
	target := c.Args().First()
	_, notNumber := strconv.Atoi(target)
	lower := strings.ToLower(target)
	isPath := notNumber != nil && !strings.HasPrefix(lower, "urn:") && !strings.HasPrefix(lower, "magnet:")
	if isPath {
		if !filepath.IsAbs(target) {
			if r.env.Dir == "" {
				return usage("%q is relative and there is no working directory: give the whole path", target)
			}
			target = filepath.Join(r.env.Dir, target)
		}
		if err := readable(target); err != nil {
			return err
		}
	}
	m, err := n.Magnet(c.Context, target)
	var answered *api.Error
	unknown := errors.As(err, &answered) && answered.Status == http.StatusNotFound
	if isPath && (unknown || errors.Is(err, api.ErrNotRunning)) {
		m, err = hashed(c.Context, target)
	}
	if err != nil {
		return err
	}
	if c.Bool(flagJSON) {
		return r.printJSON(m)
	}
	fmt.Fprintln(r.env.Out, m.Link)
	switch {
	case m.Hidden:
		r.say("the link does not say where this node is, as it does not know yet; the setting external tells it")
	case !m.Shared && isPath:
		r.say("nobody finds the file by this link unless it is shared; see `filbert share add`")
	}
	return nil
}

// readable refuses what cannot be linked to.
func readable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(exitNotFound, "there is no file %q, and it is no number of a result and no URN", path)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return usage("%q is no file: a link names one file", path)
	}
	return nil
}

// hashed makes a link of a file that no node has hashed.
func hashed(ctx context.Context, path string) (api.Magnet, error) {
	f, err := os.Open(path)
	if err != nil {
		return api.Magnet{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return api.Magnet{}, err
	}
	size := info.Size()
	sum, tiger, blake3 := sha1.New(), merkle.NewBuilder(merkle.Tiger, size), merkle.NewBuilder(merkle.Blake3, size)
	read, err := io.CopyBuffer(io.MultiWriter(sum, tiger, blake3), struct{ io.Reader }{until{ctx, f}}, make([]byte, hashBuffer))
	if err != nil {
		return api.Magnet{}, err
	}
	if read != size {
		return api.Magnet{}, fail(exitFailed, "%q was written to while it was hashed; try again when that is over", path)
	}
	link := urn.Magnet{Name: transfer.SafeName(filepath.Base(path)), Size: size}
	link.SHA1, link.HasSHA1 = urn.SHA1(sum.Sum(nil)), true
	m := api.Magnet{Name: transfer.Display(link.Name), Size: size, SHA1: link.SHA1.URN()}
	if t, err := tiger.Tree(); err == nil {
		root := t.Root()
		copy(link.Tiger[:], root[:])
		m.Tiger = link.Tiger.String()
	}
	if t, err := blake3.Tree(); err == nil {
		link.Blake3 = urn.Blake3(t.Root())
		m.Blake3 = link.Blake3.String()
	}
	m.Link = link.String()
	return m, nil
}

// until reads until its context ends.
type until struct {
	ctx context.Context
	r   io.Reader
}

func (u until) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}
