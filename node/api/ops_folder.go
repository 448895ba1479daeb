package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node"
	"filbert/overlay/identity"
	"filbert/transfer"
	"filbert/transfer/collection"
	"filbert/transfer/download"
	"filbert/transfer/urn"
)

// Folder is files that are fetched as one.
type Folder struct {
	Name   string       `json:"name" doc:"of its folder in that of downloads"`
	Dir    string       `json:"dir" doc:"where that is"`
	State  string       `json:"state" enum:"downloading,complete,incomplete" doc:"incomplete: it is over, and some files are not there"`
	Size   int64        `json:"size" doc:"bytes of all files"`
	Have   int64        `json:"have" doc:"bytes that arrived"`
	Rate   int64        `json:"rate" doc:"bytes per second of late"`
	Files  int          `json:"files"`
	Done   int          `json:"files_done"`
	Failed int          `json:"files_failed" doc:"files that do not come"`
	Items  []FolderItem `json:"items,omitempty" doc:"its files; absent in lists"`

	Signer     string `json:"signer,omitempty" doc:"peer ID of who signed the collection that it was made of"`
	SignerName string `json:"signer_name,omitempty" doc:"petname of that peer"`
}

// FolderItem is one file of a Folder.
type FolderItem struct {
	Path   string `json:"path" doc:"in the folder"`
	URN    string `json:"urn"`
	Size   int64  `json:"size"`
	Have   int64  `json:"have"`
	State  string `json:"state" doc:"as that of a download; failed: it does not come"`
	Reason string `json:"reason,omitempty" doc:"why it waits or does not come"`
}

// folderOf is a folder, with its files if that is wanted.
func folderOf(f node.Folder, items bool) Folder {
	out := Folder{Name: transfer.Display(f.Name), Dir: f.Dir, Files: len(f.Files), State: "complete"}
	open := false
	for _, file := range f.Files {
		item := FolderItem{
			Path: transfer.Display(file.Path), URN: file.File.SHA1.URN(), Size: file.File.Size, Have: file.Status.Have,
			State: file.Status.State.String(), Reason: transfer.Display(file.Status.Reason),
		}
		switch {
		case file.Ended && file.Reason != "":
			item.State, item.Reason = "failed", transfer.Display(file.Reason)
			out.Failed++
		case file.Ended:
			item.State, item.Have = "complete", item.Size
			out.Done++
		default:
			open = true
		}
		out.Size += item.Size
		out.Have += item.Have
		out.Rate += file.Status.Rate
		if items {
			out.Items = append(out.Items, item)
		}
	}
	switch {
	case open:
		out.State = "downloading"
	case out.Failed > 0:
		out.State = "incomplete"
	}
	return out
}

func (s *Server) folderOperations(api huma.API) {
	type getFolder struct {
		Body struct {
			Name       string   `json:"name,omitempty" maxLength:"512" doc:"of the folder; that of the collection when absent"`
			Collection string   `json:"collection,omitempty" doc:"text of a collection"`
			Link       string   `json:"link,omitempty" maxLength:"4096" doc:"magnet link of a collection, a file that was fetched or is shared: instead of the others"`
			Targets    []string `json:"targets,omitempty" maxItems:"1000" doc:"numbers of results, and magnet links that tell the size"`
		}
	}
	huma.Post(api, "/v1/folders", func(_ context.Context, in *getFolder) (*body[Folder], error) {
		var f node.Folder
		var err error
		if b := in.Body; b.Link != "" {
			f, err = s.linkedFolder(b.Link, b.Name, b.Collection != "" || len(b.Targets) > 0)
		} else {
			f, err = s.listedFolder(b.Name, b.Collection, b.Targets)
		}
		if err != nil {
			return nil, folderFailure(err)
		}
		return answer(s.folder(f, true)), nil
	})
	huma.Get(api, "/v1/folders", func(context.Context, *struct{}) (*body[[]Folder], error) {
		out := []Folder{}
		for _, f := range s.cfg.Node.Folders() {
			out = append(out, s.folder(f, false))
		}
		return answer(out), nil
	})
	type oneFolder struct {
		Name string `path:"name"`
	}
	huma.Get(api, "/v1/folders/{name}", func(_ context.Context, in *oneFolder) (*body[Folder], error) {
		f, err := s.cfg.Node.Folder(in.Name)
		if err != nil {
			return nil, folderFailure(err)
		}
		return answer(s.folder(f, true)), nil
	})
	huma.Delete(api, "/v1/folders/{name}", func(ctx context.Context, in *oneFolder) (*struct{}, error) {
		return nil, folderFailure(s.cfg.Node.CancelFolder(ctx, in.Name))
	})
}

// folder is a folder, with the petname of who signed its collection.
func (s *Server) folder(f node.Folder, items bool) Folder {
	out := folderOf(f, items)
	if f.By != (identity.PeerID{}) {
		c, _ := s.cfg.Node.Contacts().Of(f.By)
		out.Signer, out.SignerName = f.By.String(), transfer.Display(c.Name)
	}
	return out
}

// linkedFolder begins to fetch what a link names, which more would contradict.
func (s *Server) linkedFolder(link, name string, more bool) (node.Folder, error) {
	m, err := urn.ParseMagnet(link)
	switch {
	case err != nil:
		return node.Folder{}, &collectionError{err}
	case !m.HasSHA1:
		return node.Folder{}, errNoHash
	case more:
		return node.Folder{}, &collectionError{errOneLink}
	}
	return s.cfg.Node.AddCollection(m, name)
}

// listedFolder begins to fetch what a text and targets name.
func (s *Server) listedFolder(name, text string, targets []string) (node.Folder, error) {
	c, err := s.collected(text, targets)
	if err != nil {
		return node.Folder{}, err
	}
	if name != "" {
		c.Name = name
	}
	return s.cfg.Node.AddFolder(c)
}

// collected is the collection of a text and of what targets name.
func (s *Server) collected(text string, targets []string) (c collection.Collection, err error) {
	if text != "" {
		if c, err = collection.Parse([]byte(text)); err != nil {
			return c, &collectionError{err}
		}
	}
	for _, target := range targets {
		f, err := s.collect(strings.TrimSpace(target))
		if err != nil {
			return c, fmt.Errorf("%.80s: %w", target, err)
		}
		if err := c.Add(f); err != nil {
			return c, &collectionError{err}
		}
	}
	if len(c.Files) == 0 {
		return c, &collectionError{errNoTargets}
	}
	return c, nil
}

// collect is the file that a target names.
func (s *Server) collect(target string) (collection.File, error) {
	if number, err := strconv.Atoi(target); err == nil {
		r, err := s.cfg.Node.PublicResult(number)
		if err == nil && !r.Hashed() {
			err = node.ErrUnhashed
		}
		roots := r.Distinct()
		return collection.File{Path: r.File.Name, Size: r.File.Size, URN: urn.URN{SHA1: r.File.SHA1, HasSHA1: true, Tiger: roots.Tiger, Blake3: roots.Blake3}}, err
	}
	m, err := urn.ParseMagnet(target)
	switch {
	case err != nil:
		return collection.File{}, errNoTargets
	case !m.HasSHA1:
		return collection.File{}, errNoHash
	case m.Size < 0:
		return collection.File{}, errNoSize
	}
	return collection.File{Path: m.Name, Size: m.Size, URN: m.URN, Sources: m.Sources}, nil
}

var (
	errNoTargets = errors.New("want numbers of results, magnet links or a collection")
	errOneLink   = errors.New("a link of a collection goes alone: no text, no targets")
	errNoSize    = errors.New("the link does not say how long the file is")
)

// collectionError is what is wrong with what was sent.
type collectionError struct{ err error }

func (e *collectionError) Error() string { return e.err.Error() }
func (e *collectionError) Unwrap() error { return e.err }

// folderFailure turns an error of folders into one of HTTP.
func folderFailure(err error) error {
	var sent *collectionError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &sent), errors.Is(err, errNoTargets), errors.Is(err, errNoSize), errors.Is(err, node.ErrNoCollection):
		return huma.Error422UnprocessableEntity(text(err))
	case errors.Is(err, node.ErrNotSigned):
		return huma.NewError(http.StatusPreconditionFailed, text(err))
	case errors.Is(err, node.ErrNoFolder):
		return huma.Error404NotFound(text(err))
	case errors.Is(err, node.ErrManyFolders), errors.Is(err, download.ErrStopped):
		return huma.NewError(http.StatusServiceUnavailable, text(err))
	}
	return getFailure(err)
}
