package testnet

import (
	"slices"
	"strings"

	"filbert/query/keyword"
	"filbert/transfer/library"
	"filbert/transfer/urn"
)

// expectation is what a search must find, worked out from what all nodes share
// and not from any answer.
type expectation struct {
	words string
	hosts map[urn.SHA1]int // different files, with the nodes that have them
}

// files is how many different files must be found, copies how many hits there
// must be for them.
func (e expectation) files() int { return len(e.hosts) }

func (e expectation) copies() int {
	n := 0
	for _, hosts := range e.hosts {
		n += hosts
	}
	return n
}

// holding is a file and the node that shares it.
type holding struct {
	*library.Entry
	node  int
	words []string // of its name, normalised
}

// holdings lists what the nodes within reach of one share, its own files left
// out: it does not ask itself. A leaf is a hop beyond its ultrapeers, which costs
// a query no TTL.
func (t *Testnet) holdings(reach map[int]int) []holding {
	var all []holding
	for i, m := range t.members {
		most := ttl
		if i >= t.cfg.Nodes {
			most++
		}
		if hops, ok := reach[i]; !ok || hops == 0 || hops > most {
			continue
		}
		for _, e := range m.Library().Entries() {
			all = append(all, holding{e, i, slices.Collect(keyword.Words(keyword.Normalize(e.Name)))})
		}
	}
	return all
}

// expect works out what must be found for some words: each must begin a word of
// the name.
func expect(all []holding, words string) expectation {
	e := expectation{words: words, hosts: map[urn.SHA1]int{}}
	asked := strings.Fields(keyword.Normalize(words))
	for _, h := range all {
		if h.has(asked) {
			e.hosts[h.SHA1]++
		}
	}
	return e
}

func (h holding) has(asked []string) bool {
	for _, word := range asked {
		if !slices.ContainsFunc(h.words, func(own string) bool { return strings.HasPrefix(own, word) }) {
			return false
		}
	}
	return true
}

// choose picks the words of three searches: some that find many files, some that
// find a few, and two words that find one file.
func choose(all []holding) []string {
	count := map[string]int{}
	var order []string
	for _, h := range all {
		for _, word := range h.words {
			if len(word) < 4 {
				continue
			}
			if count[word] == 0 {
				order = append(order, word)
			}
			count[word]++
		}
	}
	if len(order) == 0 {
		return nil
	}
	slices.SortStableFunc(order, func(a, b string) int { return count[b] - count[a] })
	many := order[0]
	for _, word := range order { // as many as one query may be answered with by each node
		if count[word] <= 40 {
			many = word
			break
		}
	}
	rare := order[len(order)-1]
	few := order[len(order)/2]
	for _, h := range all {
		if slices.Contains(h.words, rare) {
			for _, other := range h.words {
				if other != rare && len(other) >= 4 {
					return []string{many, few, rare + " " + other}
				}
			}
		}
	}
	return []string{many, few, rare}
}
