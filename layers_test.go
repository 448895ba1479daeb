package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the import path prefix of everything in this tree.
const module = "filbert"

// layer says where a package stands: it may import only the packages of this
// tree it names, and each of those must have a strictly lower rank.
type layer struct {
	rank int
	may  []string
}

// layers is the architecture of docs/architecture.md as data. A package that is
// missing here, imports upwards or sideways, or imports what its row does not
// name fails TestLayers. "overlay", "transfer" and "nat" never meet below
// "query" and "node".
var layers = map[string]layer{
	"overlay/deflate":   {rank: 0},
	"overlay/wire/ggep": {rank: 1, may: []string{"overlay/deflate"}},
	"overlay/wire":      {rank: 2, may: []string{"overlay/wire/ggep"}},
	"overlay/identity":  {rank: 0},
	"overlay/tlslink":   {rank: 0},
	"overlay/hostcache": {rank: 0},
	"overlay/group":     {rank: 1, may: []string{"overlay/identity"}},
	"overlay/dynamic":   {rank: 0},
	"overlay/token":     {rank: 0},
	"transfer/urn":      {rank: 0},
	"transfer/ranges":   {rank: 0},
	"transfer/limit":    {rank: 0},
	"query/keyword":     {rank: 0},
	"node/state":        {rank: 0},
	"node/hook":         {rank: 0},
	"node/database":     {rank: 0},
	"node/board":        {rank: 2, may: []string{"node/database", "overlay/group", "overlay/identity"}},
	"node/events":       {rank: 0},
	"node/contacts":     {rank: 1, may: []string{"node/state", "overlay/identity"}},
	"node/doctor":       {rank: 1, may: []string{"nat", "nat/stun"}},
	"node/config":       {rank: 1, may: []string{"nat/turn", "node/hook", "transfer/limit"}},
	"nat/portmap":       {rank: 0},
	"nat/socket":        {rank: 0},
	"nat/stun":          {rank: 0},
	"nat/turn":          {rank: 0},
	"testnet/fabric":    {rank: 0},
	"testnet/bubble":    {rank: 0},
	"testnet/corpus":    {rank: 0},
	"testnet/topology":  {rank: 0},
	"testnet/player":    {rank: 0},

	"overlay/qrp":          {rank: 3, may: []string{"overlay/wire"}},
	"overlay/route":        {rank: 3, may: []string{"overlay/wire"}},
	"overlay/oob":          {rank: 3, may: []string{"overlay/wire"}},
	"overlay/guess":        {rank: 3, may: []string{"overlay/wire", "overlay/hostcache"}},
	"overlay/handshake":    {rank: 3, may: []string{"overlay/identity", "overlay/wire"}},
	"overlay/link":         {rank: 3, may: []string{"overlay/deflate", "overlay/wire"}},
	"transfer":             {rank: 1, may: []string{"transfer/urn"}},
	"transfer/collection":  {rank: 2, may: []string{"transfer", "transfer/urn"}},
	"transfer/publication": {rank: 4, may: []string{"transfer", "transfer/library", "transfer/merkle", "transfer/ranges", "transfer/urn"}},
	"transfer/mesh":        {rank: 1, may: []string{"transfer/urn"}},
	"transfer/merkle":      {rank: 1, may: []string{"transfer/ranges"}},
	"transfer/fetched":     {rank: 2, may: []string{"transfer", "transfer/merkle", "transfer/urn"}},
	"transfer/picker":      {rank: 1, may: []string{"transfer/ranges"}},
	"transfer/queue":       {rank: 2, may: []string{"transfer"}},
	"query/index":          {rank: 1, may: []string{"query/keyword"}},

	"overlay/bootstrap/uhc": {rank: 3, may: []string{"overlay/wire", "overlay/wire/ggep", "overlay/hostcache"}},
	"overlay/bootstrap/gwc": {rank: 0},
	"overlay/bootstrap": {rank: 4, may: []string{
		"overlay/bootstrap/uhc", "overlay/bootstrap/gwc", "overlay/wire", "overlay/hostcache",
	}},
	"overlay/bootstrap/lan": {rank: 5, may: []string{"overlay/bootstrap", "overlay/hostcache"}},

	"overlay": {rank: 4, may: []string{
		"overlay/wire", "overlay/wire/ggep", "overlay/deflate", "overlay/dynamic", "overlay/qrp", "overlay/route", "overlay/handshake",
		"overlay/identity", "overlay/link", "overlay/tlslink", "overlay/hostcache", "overlay/token", "overlay/oob", "overlay/guess",
	}},
	"transfer/store":         {rank: 3, may: []string{"transfer", "transfer/urn", "transfer/ranges"}},
	"transfer/store/faultfs": {rank: 4, may: []string{"transfer/store"}},
	"transfer/library":       {rank: 3, may: []string{"transfer", "transfer/urn", "transfer/limit", "transfer/merkle"}},
	"query": {rank: 3, may: []string{
		"query/keyword", "query/index", "transfer", "transfer/urn",
	}},

	"transfer/stream": {rank: 3, may: []string{"transfer", "transfer/urn", "transfer/ranges"}},
	"transfer/upload": {rank: 4, may: []string{
		"transfer", "transfer/urn", "transfer/ranges", "transfer/library", "transfer/limit", "transfer/merkle", "transfer/mesh", "transfer/picker", "transfer/queue",
	}},
	"transfer/download": {rank: 4, may: []string{
		"transfer", "transfer/urn", "transfer/ranges", "transfer/store", "transfer/limit", "transfer/merkle", "transfer/mesh", "transfer/picker",
		"transfer/queue",
	}},
	"query/flood": {rank: 5, may: []string{
		"query", "query/keyword", "query/index", "overlay", "overlay/deflate", "overlay/identity", "overlay/qrp", "overlay/tlslink", "overlay/wire", "overlay/wire/ggep",
		"transfer", "transfer/urn",
	}},

	"nat":       {rank: 0},
	"nat/punch": {rank: 1},
	"nat/relay": {rank: 1},
	"nat/proxy": {rank: 2, may: []string{"nat/punch"}},

	"node/space": {rank: 5, may: []string{
		"node/board", "node/state", "overlay/group", "overlay/identity", "query", "query/index", "query/keyword",
		"transfer", "transfer/download", "transfer/fetched", "transfer/library", "transfer/limit", "transfer/merkle", "transfer/store", "transfer/upload", "transfer/urn",
	}},
	"node/publications": {rank: 5, may: []string{
		"node/board", "node/state", "overlay/group", "overlay/identity", "transfer", "transfer/urn", "transfer/merkle", "transfer/picker", "transfer/publication",
		"transfer/upload", "transfer/download",
	}},
	"node": {rank: 6, may: []string{
		"node/state", "node/board", "node/contacts", "node/events", "node/space", "node/publications", "node/hook", "node/doctor", "nat", "nat/portmap", "nat/proxy", "nat/punch", "nat/relay", "nat/socket", "nat/stun", "nat/turn", "overlay", "overlay/group", "overlay/identity", "overlay/hostcache", "overlay/handshake", "overlay/link", "overlay/tlslink", "overlay/wire",
		"overlay/bootstrap", "overlay/bootstrap/uhc", "overlay/bootstrap/gwc", "overlay/bootstrap/lan",
		"query", "query/keyword", "query/index", "query/flood",
		"transfer", "transfer/urn", "transfer/collection", "transfer/publication", "transfer/ranges", "transfer/store", "transfer/limit", "transfer/library", "transfer/merkle", "transfer/upload", "transfer/download",
		"transfer/fetched", "transfer/mesh", "transfer/stream",
	}},
	"node/app/messages": {rank: 7, may: []string{"node", "node/board", "node/contacts", "node/database", "overlay/group", "overlay/identity"}},
	"node/api": {rank: 8, may: []string{
		"nat", "nat/socket", "node", "node/app/messages", "node/board", "node/contacts", "node/events", "node/hook", "node/doctor", "node/monitor", "node/publications", "node/space", "overlay", "overlay/bootstrap", "overlay/group", "overlay/handshake", "overlay/identity", "query", "query/index", "query/flood",
		"transfer", "transfer/urn", "transfer/collection", "transfer/publication", "transfer/store", "transfer/library", "transfer/upload", "transfer/download", "transfer/picker",
		"transfer/stream",
	}},
	"node/shell":   {rank: 0},
	"node/monitor": {rank: 0},
	"node/cli": {rank: 9, may: []string{
		"nat/turn", "node", "node/api", "node/app/messages", "node/config", "node/shell", "overlay", "overlay/identity", "overlay/wire", "transfer", "transfer/urn", "transfer/collection", "transfer/library", "transfer/merkle",
	}},
	"testnet/bench": {rank: 10, may: []string{
		"node", "node/state", "overlay/deflate", "overlay/handshake", "overlay/identity", "overlay/qrp", "overlay/tlslink", "overlay/wire",
		"query/keyword",
	}},
	"testnet/crawl": {rank: 10, may: []string{
		"node", "node/cli", "overlay/handshake", "overlay/hostcache", "overlay/wire", "transfer",
	}},
	"testnet/natlab": {rank: 10, may: []string{
		"nat/turn", "node", "node/state", "overlay", "overlay/handshake", "overlay/identity", "query", "testnet/bubble", "testnet/fabric",
		"transfer/download", "transfer/library",
	}},
	"testnet/process": {rank: 9, may: []string{"node/api"}},
	"testnet/race":    {rank: 10, may: []string{"node/api", "testnet/process", "transfer/merkle", "transfer/urn"}},
	"testnet/conform": {rank: 8, may: []string{"overlay/wire", "overlay/wire/ggep", "query/keyword", "transfer"}},
	"testnet": {rank: 11, may: []string{
		"node", "node/api", "node/cli", "node/state", "overlay", "overlay/identity", "query/keyword", "transfer", "transfer/urn",
		"transfer/library", "testnet/corpus", "testnet/topology", "testnet/bench", "testnet/conform", "testnet/natlab", "testnet/race",
	}},
}

// TestLayers holds the imports of every package against the table above.
func TestLayers(t *testing.T) {
	seen := map[string]bool{}
	for file, imports := range importsOf(t, func(name string) bool { return !strings.HasSuffix(name, "_test.go") }) {
		from := path.Dir(file)
		if from == "." {
			continue // main may import everything
		}
		seen[from] = true
		own, ok := layers[from]
		if !ok {
			t.Errorf("%s: package %s is not in the layers table", file, from)
			continue
		}
		for _, to := range imports {
			target, known := layers[to]
			switch {
			case !known:
				t.Errorf("%s imports %s, which is not in the layers table", file, to)
			case target.rank >= own.rank:
				t.Errorf("%s (rank %d) imports %s (rank %d): only lower ranks may be imported", file, own.rank, to, target.rank)
			case !slices.Contains(own.may, to):
				t.Errorf("%s imports %s, which the row of %s does not name", file, to, from)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(layers)) {
		if !seen[name] {
			t.Errorf("layers table names %s, which has no Go files", name)
		}
		for _, to := range layers[name].may {
			for _, apart := range [][2]string{{"overlay", "transfer"}, {"overlay", "nat"}, {"transfer", "nat"}} {
				if side(name) == apart[0] && side(to) == apart[1] || side(name) == apart[1] && side(to) == apart[0] {
					t.Errorf("layers table lets %s import %s: %s and %s never import one another", name, to, apart[0], apart[1])
				}
			}
		}
	}
}

// side is the top-level folder of a package.
func side(pkg string) string {
	top, _, _ := strings.Cut(pkg, "/")
	return top
}

// importsOf maps each Go file that keep accepts to the packages of this module
// it imports, as paths below the root.
func importsOf(t *testing.T, keep func(name string) bool) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, file := range goFiles(t) {
		if !keep(path.Base(file)) {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatalf("parse %s: %v", file, err)
		}
		out[file] = []string{}
		for _, spec := range f.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatalf("%s: import %s: %v", file, spec.Path.Value, err)
			}
			if own, ok := strings.CutPrefix(p, module+"/"); ok {
				out[file] = append(out[file], own)
			}
		}
	}
	return out
}

// goFiles lists every Go file of the tree, slash-separated, test data left out.
func goFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(rootFS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || name != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(name, ".go"):
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no Go files found: is the test run from the root of the tree?")
	}
	return files
}
