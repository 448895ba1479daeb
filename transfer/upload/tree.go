package upload

import (
	"net/http"
	"strconv"
	"strings"

	"filbert/transfer/library"
	"filbert/transfer/merkle"
)

// Paths of hash trees, each followed by "?", the URN of the file, and maybe ";"
// and the root.
const (
	pathN2X = "/uri-res/N2X" // THEX §4: the Tiger tree as a DIME message
	pathN2B = "/uri-res/N2B" // ours: the nodes of the BLAKE3 tree, 32 bytes each, left to right
)

// Headers by which an answer with a file names its trees.
const (
	headerThex = "X-Thex-URI"
	headerTree = "X-Tree-URI" // ours
)

// Content types of trees.
const (
	typeDIME  = "application/dime"
	typeNodes = "application/octet-stream"
)

// treeAt is the kind of tree a path asks for.
func treeAt(path string) (k merkle.Kind, ok bool) {
	switch path {
	case pathN2X:
		return merkle.Tiger, true
	case pathN2B:
		return merkle.Blake3, true
	}
	return 0, false
}

// nameTrees says where the trees of a file are.
func nameTrees(h http.Header, e *library.Entry) {
	name := "?" + e.SHA1.URN() + ";"
	if e.Tiger.Known() {
		h[headerThex] = []string{pathN2X + name + e.Tiger.String()}
	}
	if e.Blake3.Known() {
		h[headerTree] = []string{pathN2B + name + e.Blake3.String()}
	}
}

// tree answers a request for a hash tree. It takes no slot, since a tree is
// small and saves sending a file twice, but its bytes count against the limit.
func (a *answer) tree(k merkle.Kind) Reason {
	name, _, _ := strings.Cut(a.r.URL.RawQuery, ";")
	var tree *merkle.Tree
	var err error
	if entry, reason := a.server.resolveURN(name); reason == Granted {
		tree, err = a.server.cfg.Library.Tree(entry, k)
	} else if p, ok := a.server.arriving(name); ok && p.Tree != nil && p.Tree.Kind() == k {
		tree = p.Tree
	} else {
		return reason
	}
	if err != nil {
		a.server.cfg.Log.Warn().Err(err).Msg("hash tree not served")
		return RefusedDisk
	}
	kind, body := typeNodes, []byte(nil)
	if k == merkle.Tiger {
		kind, body = typeDIME, merkle.AppendTHEX(nil, tree)
	} else {
		body = tree.AppendNodes(nil)
	}
	peer := addrOf(a.r.RemoteAddr).Addr()
	h := a.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	a.write(http.StatusOK)
	if a.r.Method == http.MethodHead {
		return Granted
	}
	for limit := a.server.cfg.Limit; len(body) > 0; {
		piece := limit.Piece(peer, min(len(body), pieceSize))
		if limit.Wait(a.r.Context(), peer, piece) != nil {
			panic(http.ErrAbortHandler)
		}
		if _, err := a.w.Write(body[:piece]); err != nil {
			panic(http.ErrAbortHandler)
		}
		body = body[piece:]
	}
	return Granted
}
