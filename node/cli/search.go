package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
)

const (
	// searchWait is how long a search takes hits unless --wait says otherwise.
	searchWait = 5 * time.Second

	// gather is how long results are held back, so that the sources that answer
	// in the same moment are counted.
	gather = 200 * time.Millisecond

	// maxHops is the farthest that the network lets a query go.
	maxHops = 15

	// nameWidth is how much of a name a row shows, in characters.
	nameWidth = 60
)

func (r *runner) search() *cli.Command {
	return &cli.Command{
		Name: "search", Usage: "search the network for files", ArgsUsage: "WORDS...|URN", Category: "files",
		Description: "Each word must begin a word of the file's name; a URN (urn:sha1:...) names one file, whatever it is called.\n" +
			"Results come as they are found; fetch one with `get NUMBER`.",
		Flags: clientFlags(
			&cli.DurationFlag{Name: "wait", Usage: "take hits for this `TIME`", Value: searchWait},
			&cli.IntFlag{Name: "limit", Usage: "end after `N` results"},
			&cli.IntFlag{Name: "hops", Usage: "ask only nodes at most `N` hops away"},
			&cli.BoolFlag{Name: "new", Usage: "without words: the newest files of everybody nearby, once in 5 minutes"},
			&cli.StringFlag{Name: "type", Usage: "only `TYPE`: audio, video, document, image, program, torrent"},
			&cli.StringFlag{Name: "min-size", Usage: "only files of at least `SIZE`, such as 10M"},
			&cli.StringFlag{Name: "max-size", Usage: "only files of at most `SIZE`"},
			groupFlag("among what the members of this `GROUP` have, be they there or not; nobody is asked"),
			&cli.BoolFlag{Name: flagJSON, Usage: "print one JSON document at the end"},
			&cli.BoolFlag{Name: "jsonl", Usage: "print each result as a line of JSON when it comes"},
		),
		Action: r.action(r.doSearch),
	}
}

// searchOutcome is what --json prints.
type searchOutcome struct {
	api.SearchEnd
	Files []api.Result `json:"files"`
}

func (r *runner) doSearch(c *cli.Context, n *api.Client) error {
	request, err := searchRequest(c)
	if err != nil {
		return err
	}
	reason := why
	if request.Group != "" {
		reason = whyOfGroup
	}
	return r.showResults(c, func(found func(api.Result)) (api.SearchEnd, error) {
		return n.Search(c.Context, request, found)
	}, reason)
}

// showResults shows what a search finds, as the flags say, and how it ended. why
// says why nothing was found.
func (r *runner) showResults(c *cli.Context, search func(func(api.Result)) (api.SearchEnd, error), why func(api.SearchEnd) string) error {
	var shower resultShower
	switch {
	case c.Bool(flagJSON):
		shower = &collected{}
	case c.Bool("jsonl"):
		shower = lines{json.NewEncoder(r.env.Out)}
	default:
		shower = newRows(r.env.Out)
	}
	end, err := search(shower.add)
	shower.end()
	interrupted := errors.Is(err, context.Canceled)
	if err != nil && !interrupted {
		return err
	}
	if all, ok := shower.(*collected); ok {
		err := r.printJSON(searchOutcome{end, all.list()})
		if err != nil || end.Results == 0 && !interrupted {
			return errors.Join(err, nothing(end))
		}
		return nil
	}
	switch {
	case end.Error != "":
		return fail(exitFailed, "%s: %s", c.Command.Name, strings.TrimPrefix(end.Error, c.Command.Name+" "))
	case interrupted:
		return context.Canceled
	case end.Results == 0:
		r.say("nothing found: %s", why(end))
		return nothing(end)
	}
	if s, ok := shower.(*rows); ok {
		for _, numbers := range s.disputes() {
			r.say("results %s have one SHA-1 and different hash trees: one is another file, or somebody lies", numbers)
		}
	}
	r.say("%s at %s in %.1f s", plural(end.Results, "file"), plural(end.Hosts, "host"), end.Seconds)
	return nil
}

func nothing(api.SearchEnd) error { return &exitError{exitNotFound, errSilent} }

func why(end api.SearchEnd) string {
	if end.Peers == 0 {
		return "the node has no neighbors yet; see `filbert peers`, and add one with `filbert connect HOST:PORT`"
	}
	return fmt.Sprintf("%s asked; other or fewer words may find more", plural(end.Peers, "neighbor"))
}

func whyOfGroup(end api.SearchEnd) string {
	if end.Peers == 0 {
		return "no other member is known to share anything with the group"
	}
	return fmt.Sprintf("nothing like that among the files of %s; other or fewer words may find more", plural(end.Peers, "member"))
}

func searchRequest(c *cli.Context) (api.SearchRequest, error) {
	request := api.SearchRequest{
		Words: strings.Join(c.Args().Slice(), " "), Type: c.String("type"), Limit: c.Int("limit"), Hops: c.Int("hops"),
		Wait: c.Duration("wait"), New: c.Bool("new"), Group: c.String("group"),
	}
	for _, flag := range []string{"new", "hops", "wait"} {
		if request.Group != "" && c.IsSet(flag) {
			return request, usage("--%s is for searches of the open network, not for --group", flag)
		}
	}
	switch words := strings.TrimSpace(request.Words); {
	case request.New && words != "":
		return request, usage("--new asks for the newest files of any name: leave %q out", words)
	case !request.New && words == "":
		return request, usage("search for what? `filbert search WORDS...`")
	}
	if request.Limit < 0 {
		return request, usage("--limit must not be negative; 0 is none")
	}
	if request.Hops < 0 || request.Hops > maxHops {
		return request, usage("--hops must be from 0, as far as usual, to %d", maxHops)
	}
	if request.Wait <= 0 {
		return request, usage("--wait must be above 0, such as 10s")
	}
	var err error
	if request.MinSize, err = parseSize("min-size", c.String("min-size")); err != nil {
		return request, err
	}
	request.MaxSize, err = parseSize("max-size", c.String("max-size"))
	return request, err
}

// resultShower takes results as they come.
type resultShower interface {
	add(api.Result)
	end()
}

// collected keeps the latest state of each result for one document.
type collected struct {
	order  []int
	latest map[int]api.Result
}

func (s *collected) add(r api.Result) {
	if s.latest == nil {
		s.latest = map[int]api.Result{}
	}
	if _, known := s.latest[r.Number]; !known {
		s.order = append(s.order, r.Number)
	}
	s.latest[r.Number] = r
}

func (s *collected) end() {}

func (s *collected) list() []api.Result {
	list := []api.Result{}
	contested := map[string]bool{}
	for _, r := range s.latest {
		contested[r.URN] = contested[r.URN] || r.Contested
	}
	for _, n := range s.order {
		r := s.latest[n]
		r.Contested = contested[r.URN] // it may have come before the other
		list = append(list, r)
	}
	return list
}

// lines prints each change as JSON.
type lines struct{ *json.Encoder }

func (l lines) add(r api.Result) { l.Encode(r) } // standard output: nobody to tell
func (lines) end()               {}

// rows prints each result once, as a row of text, a moment after it came.
type rows struct {
	w       io.Writer
	mu      sync.Mutex
	shown   map[int]bool
	waiting []api.Result
	timer   *time.Timer
	headed  bool

	contested map[string]bool  // by URN
	numbers   map[string][]int // of the rows
}

func newRows(w io.Writer) *rows {
	return &rows{w: w, shown: map[int]bool{}, contested: map[string]bool{}, numbers: map[string][]int{}}
}

func (s *rows) add(r api.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.contested[r.URN] = s.contested[r.URN] || r.Contested
	if s.shown[r.Number] {
		for i := range s.waiting {
			if s.waiting[i].Number == r.Number {
				s.waiting[i] = r
			}
		}
		return
	}
	s.shown[r.Number] = true
	s.numbers[r.URN] = append(s.numbers[r.URN], r.Number)
	s.waiting = append(s.waiting, r)
	if s.timer == nil {
		s.timer = time.AfterFunc(gather, s.flush)
	} else if len(s.waiting) == 1 {
		s.timer.Reset(gather)
	}
}

func (s *rows) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.headed && len(s.waiting) > 0 {
		s.headed = true
		fmt.Fprintf(s.w, "%5s  %10s  %7s  %9s  %s\n", "N", "SIZE", "SOURCES", "SPEED", "NAME / HOST")
	}
	for _, r := range s.waiting {
		fmt.Fprintf(s.w, "%5d  %10s  %7s  %9s  %s  (%s)\n", r.Number, size(r.Size), sources(r), speed(r.Speed), clip(r.Name, nameWidth), where(r))
	}
	s.waiting = s.waiting[:0]
}

func (s *rows) end() {
	s.mu.Lock()
	if s.timer != nil {
		s.timer.Stop()
	}
	s.mu.Unlock()
	s.flush()
}

// disputes is the numbers of the rows of which at most one is what its hash says.
func (s *rows) disputes() []string {
	var out []string
	for urn, numbers := range s.numbers {
		if s.contested[urn] {
			out = append(out, strings.Trim(fmt.Sprint(numbers), "[]"))
		}
	}
	slices.Sort(out)
	return out
}

// where is who has a file.
func where(r api.Result) string {
	if r.Group != "" {
		return members(r.Sources)
	}
	return host(r.Sources)
}

// members is who of a group has a file: one with a petname first, of those that are there if
// any is.
func members(all []api.Source) string {
	best, away := all[0], all[0].Away
	for _, s := range all[1:] {
		if away && !s.Away || away == s.Away && best.Name == "" && s.Name != "" {
			best, away = s, s.Away
		}
	}
	text := who(best.Name, best.PeerID)
	if len(all) > 1 {
		text += " and " + plural(len(all)-1, "other")
	}
	if away {
		text += ", away"
	}
	return text
}

// host is where a file is, and who vouches for it: one with a petname first.
func host(all []api.Source) string {
	best := -1
	for i, s := range all {
		if s.PeerID != "" && (best < 0 || s.Name != "" && all[best].Name == "") {
			best = i
		}
	}
	if best < 0 {
		return all[0].Addr
	}
	return all[best].Addr + "; " + who(all[best].Name, all[best].PeerID) + " vouches"
}

func sources(r api.Result) string {
	text := fmt.Sprint(len(r.Sources))
	if r.Busy {
		text += " busy"
	}
	if r.URN == "" {
		text += " ?" // no hash: cannot be fetched
	}
	return text
}

func speed(kbit uint32) string {
	if kbit == 0 {
		return "-"
	}
	if kbit >= 10_000 {
		return fmt.Sprintf("%d Mbit", kbit/1000)
	}
	return fmt.Sprintf("%d kbit", kbit)
}

// clip cuts a text to n characters.
func clip(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-1]) + "…"
}
