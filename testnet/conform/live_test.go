package conform

import (
	"context"
	"crypto/sha1"
	"encoding/base32"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filbert/testnet/process"
)

// kinds are what a filbert can be, and the cases or areas it then does not offer.
// A case that leaves a list or joins it unasked fails TestFilbert.
var kinds = map[string]struct {
	args       []string
	notOffered []string
}{
	"ultrapeer": {args: []string{"--role", "ultrapeer"}},
	"leaf": {[]string{"--role", "leaf"}, []string{
		"headers/x-ultrapeer-needed", // ultrapeers guide others
		// A leaf relays nothing.
		"ping/not-relayed", "ping/pong-not-relayed",
		"ttl/relayed", "ttl/back", "ttl/both-ways", "ttl/last-hop", "ttl/1", "ttl/0", "ttl/hops-255", "ttl/clamped", "ttl/far", "ttl/above-15",
		"duplicate/*", "hit/*",
		"push/to-hit", "push/to-neighbor", "push/unknown", "push/again",
		"vendor/hops-flow",
		"malformed/dribble", "malformed/unknown-type", "malformed/query-nul", "malformed/query-short", "malformed/query-utf8",
		"malformed/query-long", "malformed/hit", "malformed/hops",
		// It has no leaves, and reads no tables but sends its own.
		"leaf/*",
		"route/table", "route/8-bit", "route/infinity-2", "route/patches", "route/zlib", "route/ttl-1", "route/both-words",
		"route/incremental", "route/reset", "route/no-reset", "route/sequence", "route/slots", "route/huge", "route/infinity-0",
		"route/too-much", "route/too-little", "route/last-hop",
	}},
	"plain": {[]string{"--role", "ultrapeer", "--deflate=false", "--tls=false", "--browse=false"}, []string{
		// Each is switched off.
		"headers/encodings", "deflate/theirs", "deflate/both", "deflate/ours", "deflate/list", "deflate/split", "deflate/prompt",
		"deflate/garbage", "deflate/bomb", "calling/deflate",
		"tls/upgrade", "tls/unconfirmed", "tls/upgrade-deflate", "tls/direct", "tls/no-upgrade-inside", "tls/http", "calling/tls",
		"browse/*",
	}},
}

// live starts a filbert with some flags that shares one file, and returns it,
// where it listens and what the file is called.
func live(t *testing.T, args ...string) (node *process.Node, listen netip.AddrPort, words, urn string) {
	t.Helper()
	dir := t.TempDir()
	share := filepath.Join(dir, "share")
	var content []byte
	for i := range 300 { // no part of it like another
		content = fmt.Appendf(content, "%d: a blue sky over the hills\n", i)
	}
	if err := os.Mkdir(share, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(share, "Blue Sky over Hills.txt"), content, 0o644); err != nil {
		t.Fatal(err)
	}
	node, err := process.Start(t.Context(), process.Config{
		Program: program, Home: filepath.Join(dir, "home"),
		Args: append([]string{"--listen", "127.0.0.1:0", "--max-neighbors", "200", "--upload-slots", "200", "--upload-slots-per-host", "200", "--share", share, "--log", "disabled"}, args...),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(node.Kill)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	status, err := node.Status(t.Context())
	for end := time.Now().Add(20 * time.Second); err != nil || status.Files != 1; status, err = node.Status(t.Context()) {
		if time.Now().After(end) {
			t.Fatalf("the file is not shared: %+v, %v", status, err)
		}
		<-tick.C
	}
	sum := sha1.Sum(content)
	return node, netip.MustParseAddrPort(status.Listen), "blue hills", urnSHA1 + base32.StdEncoding.EncodeToString(sum[:])
}

// TestFilbert tries a live filbert of each kind: every case passes, or is one of
// those that are known not to be offered. They mostly wait, so all run at once
// however few processors there are.
func TestFilbert(t *testing.T) {
	t.Parallel()
	var work sync.WaitGroup
	defer work.Wait()
	for name, kind := range kinds {
		work.Go(func() {
			t.Run(name, func(t *testing.T) {
				var notOffered []string
				for _, pattern := range kind.notOffered {
					for _, c := range Select(pattern) {
						notOffered = append(notOffered, c.Name)
					}
				}
				tryFilbert(t, kind.args, notOffered)
			})
		})
	}
}

func tryFilbert(t *testing.T, args, notOffered []string) {
	node, listen, words, urn := live(t, args...)
	r, err := Run(t.Context(), Config{
		Addr: listen, Rand: rand.New(rand.NewPCG(1, 0)), Words: words, URN: urn,
		Call: func(ctx context.Context, addr netip.AddrPort) error {
			return node.Connect(ctx, addr.String(), "")
		},
	}, func(one Result) {
		if one.Outcome == Fail {
			t.Errorf("%s: %s\n\twant %s\n\tgot  %s\n\t(%s)", one.Case, one.Checks, one.Want, one.Got, one.Source)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for _, one := range r.Results {
		if one.Outcome == NotOffered {
			missing = append(missing, one.Case)
		}
	}
	for _, name := range missing {
		if !slices.Contains(notOffered, name) {
			t.Errorf("%s is not offered: if that is meant, add it to the list", name)
		}
	}
	for _, name := range notOffered {
		if !slices.Contains(missing, name) {
			t.Errorf("%s is offered now: take it off the list", name)
		}
	}
	if len(r.Results) != len(Cases()) || r.Broken || !strings.HasPrefix(r.Agent, "filbert/") {
		t.Errorf("%d of %d cases ran, broken %t, against %q", len(r.Results), len(Cases()), r.Broken, r.Agent)
	}
	after, err := node.Status(t.Context())
	if err != nil || after.Port.Panicked != 0 {
		t.Errorf("afterwards: %+v, %v", after.Port, err)
	}
	t.Logf("%d passed, %d not offered", r.Passed, r.NotOffered)
}
