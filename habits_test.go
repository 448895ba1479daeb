package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

const (
	maxFileLines   = 600 // no source file is longer
	maxMedianLines = 150 // the median non-test file is not longer
	packageComment = "// Package "
	commandComment = "// Command "
)

func rootFS() fs.FS { return os.DirFS(".") }

// TestFileLengths keeps the rooms small: a file is one concern.
func TestFileLengths(t *testing.T) {
	var lengths []int
	for _, file := range goFiles(t) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n := bytes.Count(data, []byte("\n"))
		if n > maxFileLines {
			t.Errorf("%s has %d lines, more than %d", file, n, maxFileLines)
		}
		if !strings.HasSuffix(file, "_test.go") {
			lengths = append(lengths, n)
		}
	}
	slices.Sort(lengths)
	if median := lengths[len(lengths)/2]; median > maxMedianLines {
		t.Errorf("the median file has %d lines, more than %d", median, maxMedianLines)
	}
}

// TestPackageComments wants every package introduced in one of its files.
func TestPackageComments(t *testing.T) {
	introduced := map[string]bool{}
	for _, file := range goFiles(t) {
		dir := path.Dir(file)
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, prefix := range []string{packageComment + path.Base(dir) + " ", commandComment + module + " "} {
			if bytes.HasPrefix(data, []byte(prefix)) || bytes.Contains(data, []byte("\n"+prefix)) {
				introduced[dir] = true
			}
		}
		introduced[dir] = introduced[dir] || false
	}
	for dir, ok := range introduced {
		if !ok {
			t.Errorf("package %s has no %q comment", dir, packageComment+path.Base(dir))
		}
	}
}

// TestNames refuses folders and files that say nothing.
func TestNames(t *testing.T) {
	for _, file := range goFiles(t) {
		for _, word := range strings.FieldsFunc(strings.TrimSuffix(file, ".go"), func(r rune) bool { return r == '/' || r == '_' }) {
			if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "misc"}, word) {
				t.Errorf("%s: the name %q says nothing", file, word)
			}
		}
	}
}

// pure lists what decides without doing: no goroutine, no clock, no lock, no
// logger, no global randomness. A trailing slash-star takes a whole package.
var pure = []string{
	"overlay/wire/*", "overlay/wire/ggep/*", "overlay/hostcache/*", "overlay/token/*", "overlay/oob/*", "overlay/guess/*",
	"overlay/route/*", "overlay/qrp/*", "overlay/dynamic/*", "overlay/core*.go", "overlay/link/queue.go", "query/keyword/*",
	"query/flood/browse_limit.go",
	"transfer/urn/*", "transfer/ranges/*", "transfer/mesh/*", "transfer/merkle/*", "transfer/picker/*", "transfer/queue/*",
	"nat/rung.go", "nat/plan.go", "nat/reach.go", "nat/memory.go", "nat/budget.go", "nat/entries.go", "nat/limits.go",
	"nat/portmap/pcp.go", "nat/portmap/natpmp.go", "nat/portmap/epoch.go", "nat/portmap/address.go", "nat/portmap/lease.go", "nat/portmap/plan*.go",
	"nat/portmap/routes.go",
	"nat/socket/kind.go", "nat/socket/classify.go", "nat/socket/siphash.go", "nat/socket/queue.go",
	"nat/stun/message.go", "nat/stun/change.go", "nat/stun/budget.go", "nat/stun/server.go", "nat/stun/behaviour.go", "nat/stun/report.go",
	"overlay/address.go",
	"overlay/group/id.go", "overlay/group/cursor.go", "overlay/group/record.go", "overlay/group/body.go", "overlay/group/chain.go",
	"overlay/group/authority.go", "overlay/group/view.go", "overlay/group/state.go", "overlay/group/issue.go", "overlay/group/offer.go", "overlay/group/invite.go",
	"overlay/group/join.go", "overlay/group/seal.go", "overlay/group/keys.go", "overlay/group/envelope.go", "overlay/group/window.go",
	"overlay/group/budget.go", "overlay/group/inspect.go", "overlay/group/exchange.go",
	"transfer/library/disks.go", "node/doctor/*", "node/space/page.go",
	"transfer/publication/manifest.go", "transfer/publication/encode.go", "transfer/publication/index.go", "transfer/publication/reuse.go",
	"node/board/item.go", "node/board/lattice.go", "node/board/frame.go", "node/board/care.go", "node/board/reason.go",
	"node/publications/board.go",
	"node/app/messages/message.go", "node/app/messages/order.go", "node/app/messages/frame.go",
	"overlay/bootstrap/uhc/*", "overlay/bootstrap/gwc/*", "overlay/bootstrap/plan.go",
	"nat/punch/message.go", "nat/punch/candidate.go", "nat/punch/probe.go", "nat/punch/attempt.go", "nat/punch/reason.go", "nat/punch/outcome.go",
	"nat/proxy/budget.go", "nat/proxy/line.go", "nat/proxy/limits.go", "nat/proxy/constants.go",
	"nat/relay/budget.go", "nat/relay/choose.go", "nat/relay/line.go", "nat/relay/block.go", "nat/relay/control.go", "nat/relay/status.go",
	"testnet/crawl/walk.go", "testnet/crawl/lime.go", "testnet/crawl/layout.go", "testnet/crawl/tree.go", "testnet/crawl/svg.go",
}

// TestPolicyIsPure checks the packages and files that must not do anything.
func TestPolicyIsPure(t *testing.T) {
	matched := map[string]bool{}
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, pattern := range pure {
			ok, err := path.Match(pattern, file)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				matched[pattern] = true
				checkPure(t, file)
				break
			}
		}
	}
	for _, pattern := range pure {
		if !matched[pattern] {
			t.Errorf("the pure pattern %s matches no file", pattern)
		}
	}
}

func checkPure(t *testing.T, file string) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range f.Imports {
		switch p := strings.Trim(spec.Path.Value, `"`); p {
		case "sync", "os", "net", "net/http", "log", "log/slog", "math/rand", "crypto/rand", "github.com/rs/zerolog":
			t.Errorf("%s: policy must not import %s", fset.Position(spec.Pos()), p)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			t.Errorf("%s: policy must not start goroutines", fset.Position(n.Pos()))
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if !ok {
				break
			}
			switch x.Name + "." + n.Sel.Name {
			case "time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.AfterFunc", "time.NewTimer",
				"time.NewTicker", "rand.Int", "rand.IntN", "rand.Uint64", "rand.Uint32", "rand.Float64", "rand.Shuffle", "rand.Perm":
				t.Errorf("%s: policy must not call %s.%s", fset.Position(n.Pos()), x.Name, n.Sel.Name)
			}
		}
		return true
	})
}

// TestNoNakedGoroutines wants every goroutine counted: it is started by a
// WaitGroup's Go method, never by a go statement.
func TestNoNakedGoroutines(t *testing.T) {
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if stmt, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s: use sync.WaitGroup.Go, so that Close can wait", fset.Position(stmt.Pos()))
			}
			return true
		})
	}
}

// TestNoSleepingTests refuses tests that wait on the wall clock.
func TestNoSleepingTests(t *testing.T) {
	for _, file := range goFiles(t) {
		if !strings.HasSuffix(file, "_test.go") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		virtual := bytes.Contains(data, []byte(`"testing/synctest"`)) || bytes.Contains(data, []byte(`"filbert/testnet/bubble"`))
		if bytes.Contains(data, []byte("time."+"Sleep(")) && !virtual {
			t.Errorf("%s sleeps on the wall clock", file)
		}
	}
}
