package space

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/transfer"
	"filbert/transfer/urn"
)

// topicArriving is the topic of the group's board under which each member says of which files
// it has a part, or soon will, as it fetches them: the SHA-1s one after the other, under one
// name. It is no list of what it has: searches do not find it.
const (
	topicArriving = "arriving"
	nameArriving  = "now"
)

// arrivals is the members that fetch a file, by its SHA-1.
type arrivals map[urn.SHA1][]identity.PeerID

// parseArriving reads what a member says, as far as it is taken.
func parseArriving(value []byte) (sums []urn.SHA1) {
	for sum := range slices.Chunk(value[:min(len(value), maxArriving*len(urn.SHA1{}))], len(urn.SHA1{})) {
		if len(sum) == len(urn.SHA1{}) {
			sums = append(sums, urn.SHA1(sum))
		}
	}
	return sums
}

// fetching is which files are fetched here that are worth telling of, in the order of their SHA-1s.
func (sp *Space) fetching() (value []byte) {
	var sums []urn.SHA1
	for _, st := range sp.downloads.List() {
		if st.State.Final() || st.File.Size < minArriving || len(sums) == maxArriving || sp.provides(st.File.SHA1) {
			continue
		}
		if _, gives := sp.downloads.Shared(st.File.SHA1); gives {
			sums = append(sums, st.File.SHA1)
		}
	}
	slices.SortFunc(sums, func(a, b urn.SHA1) int { return bytes.Compare(a[:], b[:]) })
	for _, sum := range sums {
		value = append(value, sum[:]...)
	}
	return value
}

// tellArriving says on the board which files are fetched here, until ctx ends. What was said by
// an earlier run is taken back.
func (sp *Space) tellArriving(ctx context.Context) {
	last, _, err := sp.board.Get(sp.spaces.cfg.Self, topicArriving, nameArriving)
	if err != nil {
		sp.log.Warn().Err(err).Msg("members are not told what is fetched")
		return
	}
	said := last.Value
	for wait := arrivingFirst; pause(ctx, wait); {
		wait = arrivingFirst
		now := sp.fetching()
		if bytes.Equal(now, said) {
			continue
		}
		if wait = arrivingNext; len(now) > 0 {
			err = sp.board.Put(topicArriving, nameArriving, now)
		} else {
			err = sp.board.Delete(topicArriving, nameArriving)
		}
		if err != nil {
			sp.log.Debug().Err(err).Msg("members are not told what is fetched")
			continue
		}
		said = now
	}
}

// readArrivals reads what the other members say. What guests say does not count.
func (sp *Space) readArrivals() (arrivals, error) {
	all := arrivals{}
	for _, m := range sp.group.State().Members() {
		if m.Peer == sp.spaces.cfg.Self || m.Role == group.Guest {
			continue
		}
		item, found, err := sp.board.Get(m.Peer, topicArriving, nameArriving)
		if err != nil {
			return all, err
		}
		if !found {
			continue
		}
		for _, sum := range parseArriving(item.Value) {
			all[sum] = append(all[sum], m.Peer)
		}
	}
	return all, nil
}

// recruit offers members that fetch a file to our download of it, until ctx ends.
func (sp *Space) recruit(ctx context.Context) {
	tick := time.NewTicker(arrivingNext) // our own item changes the board too, if it is not as it was
	defer tick.Stop()
	offered := map[urn.SHA1]map[identity.PeerID]bool{}
	for {
		changed := sp.board.Changed()
		sp.offer(offered)
		if !pause(ctx, readEvery) {
			return
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// offer offers those whom it has not offered yet, and notes them.
func (sp *Space) offer(offered map[urn.SHA1]map[identity.PeerID]bool) {
	wanted := map[urn.SHA1]bool{}
	for _, st := range sp.downloads.List() {
		if !st.State.Final() {
			wanted[st.File.SHA1] = true
		}
	}
	maps.DeleteFunc(offered, func(sum urn.SHA1, _ map[identity.PeerID]bool) bool { return !wanted[sum] })
	if len(wanted) == 0 {
		return
	}
	now, err := sp.readArrivals()
	if err != nil {
		sp.log.Warn().Err(err).Msg("what members fetch cannot be read")
	}
	for sum := range wanted {
		var sources []transfer.Source
		for _, p := range now[sum] {
			if !offered[sum][p] {
				sources = append(sources, SourceOf(p))
			}
		}
		if len(sources) == 0 {
			continue
		}
		if offered[sum] == nil {
			offered[sum] = map[identity.PeerID]bool{}
		}
		for _, s := range sources {
			offered[sum][s.Peer] = true
		}
		sp.downloads.AddSources(sum, sources) // it may have ended meanwhile
	}
}
