package index

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"filbert/query/keyword"
)

const million = 1_000_000

// vocabulary is how many distinct words a million names have here, numbers
// aside.
const vocabulary = 300_000

func newIndex(entries []Entry) *Index {
	x := New()
	x.Apply(entries, nil)
	return x
}

// heap returns the bytes in use after a collection.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkBuild indexes a million files in one call, and reports what the
// index holds beside the names, which belong to the caller.
func BenchmarkBuild(b *testing.B) {
	entries := newCorpus(1, vocabulary).entries(0, million)
	names := 0
	for i := range entries {
		names += len(entries[i].Name)
	}
	b.ResetTimer()
	for range b.N {
		before := heap()
		x := newIndex(entries)
		b.StopTimer()
		b.ReportMetric(float64(heap()-before)/million, "B/file")
		b.ReportMetric(float64(names)/million, "nameB/file")
		b.ReportMetric(float64(x.current.Load().parts[0].termCount()), "terms")
		b.StartTimer()
	}
}

// BenchmarkGrow adds a hundred thousand files, fifty a call.
func BenchmarkGrow(b *testing.B) {
	entries := newCorpus(1, vocabulary/10).entries(0, million/10)
	b.ResetTimer()
	for range b.N {
		x := New()
		for batch := range slices.Chunk(entries, 50) {
			x.Apply(batch, nil)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(entries)), "µs/file")
}

// BenchmarkMiss asks for words no file has, as nearly all queries of a network
// do, beside one that many have.
func BenchmarkMiss(b *testing.B) {
	for _, files := range []int{10_000, million} {
		c := newCorpus(1, vocabulary)
		entries := c.entries(0, files)
		for name, x := range map[string]*Index{"one part": newIndex(entries), "parts": inParts(entries)} {
			for text, q := range map[string]*Query{
				"no word":  textQuery("xqwzt qzzzt"),
				"one word": {Words: []keyword.Word{{Text: c.words[0], Count: 1}, {Text: "xqwzt", Count: 1}}},
				"hash":     {SHA1s: [][20]byte{{1, 2, 3}}},
			} {
				b.Run(fmt.Sprintf("%d/%s/%s", files, name, text), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if x.Match(nil, q, c.rnd, 50) != nil {
							b.Fatal("found")
						}
					}
				})
			}
		}
	}
}

// inParts adds entries so that the index has as many parts as it can.
func inParts(entries []Entry) *Index {
	x := New()
	for len(entries) > 0 {
		n := max(min(len(entries), minPart), len(entries)-len(entries)/5)
		x.Apply(entries[:n], nil)
		entries = entries[n:]
	}
	return x
}

// BenchmarkMatch draws queries of words as frequent as in names.
func BenchmarkMatch(b *testing.B) {
	c := newCorpus(1, vocabulary)
	x := inParts(c.entries(0, million))
	for _, words := range []int{1, 2, 3} {
		var queries []*Query
		for range 2000 {
			queries = append(queries, c.query(words))
		}
		b.Run(fmt.Sprintf("%d words", words), func(b *testing.B) {
			measure(b, x, c.rnd, queries)
		})
	}
}

// BenchmarkWorst asks what is built to be slow, of plain and of hostile names.
func BenchmarkWorst(b *testing.B) {
	c := newCorpus(1, vocabulary)
	for _, lib := range []struct {
		name  string
		index *Index
	}{
		{"plain", inParts(c.entries(0, million))},
		{"hostile", newIndex(hostileNames(million))},
	} {
		for name, q := range hostileQueries() {
			b.Run(lib.name+"/"+name, func(b *testing.B) {
				measure(b, lib.index, c.rnd, []*Query{q})
			})
		}
	}
}

// measure runs queries and reports percentiles, hits and cutoffs of a query.
func measure(b *testing.B, x *Index, rnd *rand.Rand, queries []*Query) {
	var times []time.Duration
	before, hits := x.Cutoffs(), 0
	dst := make([]*Entry, 0, 50)
	for i := 0; b.Loop(); i++ {
		start := time.Now()
		hits += len(x.Match(dst, queries[i%len(queries)], rnd, 50))
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Nanoseconds())/1e3, "p50-µs")
	b.ReportMetric(float64(times[len(times)*99/100].Nanoseconds())/1e3, "p99-µs")
	b.ReportMetric(float64(hits)/float64(len(times)), "hits/op")
	b.ReportMetric(float64(x.Cutoffs()-before)/float64(len(times)), "cut/op")
}
