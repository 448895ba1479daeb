package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"filbert/node/api"
)

// pieces draws which parts of a file are here, from shares of 0 to 255, in width
// characters at most: "." is nothing, "#" all, "-" and "=" less and more than
// half.
func pieces(shares []byte, width int) string {
	width = min(width, len(shares))
	var b strings.Builder
	for i := range width {
		group := shares[i*len(shares)/width : (i+1)*len(shares)/width]
		sum := 0
		for _, s := range group {
			sum += int(s)
		}
		switch {
		case sum == 0:
			b.WriteByte('.')
		case sum == 255*len(group):
			b.WriteByte('#')
		case sum < 128*len(group):
			b.WriteByte('-')
		default:
			b.WriteByte('=')
		}
	}
	return b.String()
}

// peerLines is a line for each source that does something or gave something, and
// one for the rest of them.
func peerLines(peers []api.Fetched, now time.Time) []string {
	var b strings.Builder
	t := newTable(&b)
	rest := map[string]int{}
	shown := 0
	for _, p := range peers {
		if shown == shownPeers || p.State == "untried" || p.State == "dropped" && p.Bytes == 0 && p.Reason == "" {
			rest[p.State]++
			continue
		}
		shown++
		about := strings.TrimPrefix(p.Reason, p.Name+": ")
		switch {
		case !p.Until.IsZero():
			about = fmt.Sprintf("again in %s: %s", span(p.Until.Sub(now)), about)
		case p.State == "fetching":
			about = rate(p.Rate)
		}
		t.row("   "+p.Name, orDash(p.Vendor), p.State, size(p.Bytes), about)
	}
	t.end() // into memory
	var lines []string
	for line := range strings.Lines(b.String()) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	var others []string
	for state, n := range rest {
		others = append(others, fmt.Sprintf("%d %s", n, state))
	}
	if slices.Sort(others); len(others) > 0 {
		lines = append(lines, "   "+strings.Join(others, ", "))
	}
	return lines
}
