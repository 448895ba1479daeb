package space

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"
	"time"

	"filbert/node/board"
	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/query"
	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/urn"
)

// topicFiles is the topic of the group's board under which each member says which files it
// has, in pages named "00" to "ff".
const topicFiles = "files"

func pageName(first byte) string { return fmt.Sprintf("%02x", first) }

// read takes in what the other members say they have, until ctx ends.
func (sp *Space) read(ctx context.Context) {
	for {
		changed := sp.board.Changed()
		if err := sp.readBoard(); err != nil {
			sp.log.Warn().Err(err).Msg("what members have cannot be read")
		}
		if !pause(ctx, readEvery) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// readBoard takes in what is new on the board. What guests say there does not count.
func (sp *Space) readBoard() error {
	members, told := map[identity.PeerID]bool{}, map[identity.PeerID]bool{}
	for _, m := range sp.group.State().Members() {
		if m.Peer == sp.spaces.cfg.Self || m.Role == group.Guest {
			continue
		}
		members[m.Peer] = true
		for {
			items, err := sp.board.After(m.Peer, topicFiles, sp.listing.upTo(m.Peer), readBatch)
			if err != nil {
				return err
			}
			if len(items) == 0 {
				break
			}
			told[m.Peer] = true
			if left := sp.listing.take(m.Peer, sp.parse(items)); left > 0 {
				sp.log.Warn().Int("files", left).Stringer("peer", m.Peer).Msg("a member has more files than are listed")
			}
		}
	}
	sp.listing.keep(members)
	if len(told) > 0 && sp.downloads != nil {
		came := map[identity.PeerID]bool{}
		for _, p := range sp.Present() {
			came[p] = told[p]
		}
		sp.ask(came)
	}
	return nil
}

// parse reads items of the board. One that is no page has no files.
func (sp *Space) parse(items []board.Item) (list []page) {
	for _, i := range items {
		p := page{name: i.Name, sequence: i.Sequence}
		first, err := strconv.ParseUint(i.Name, 16, 8)
		if err == nil && pageName(byte(first)) == i.Name {
			p.files, err = parsePage(byte(first), i.Value)
		}
		if err != nil {
			sp.log.Debug().Err(err).Stringer("peer", i.Author).Msg("a page of files cannot be read")
		}
		list = append(list, p)
	}
	return list
}

// tell says on the board which files are here, whenever that changes, until ctx ends.
func (sp *Space) tell(ctx context.Context) {
	said, err := sp.said()
	if err != nil {
		sp.log.Warn().Err(err).Msg("members are not told what is shared")
		return
	}
	wait, told := tellFirst, time.Time{}
	for began := time.Now(); ; {
		if !pause(ctx, wait) {
			return
		}
		if !sp.looked() && time.Since(began) < settleTime {
			continue
		}
		select {
		case <-sp.changed:
		case <-ctx.Done():
			return
		}
		if wait *= 2; time.Since(told) > 2*tellLast {
			wait = tellFirst
		}
		wait, told = min(wait, tellLast), time.Now()
		if err := sp.put(said); err != nil {
			sp.log.Warn().Err(err).Msg("members are not told all that is shared")
			wait = tellLast
			sp.change()
		}
	}
}

// change has members told what is here, soon.
func (sp *Space) change() {
	select {
	case sp.changed <- struct{}{}:
	default:
	}
}

// looked reports whether all folders that are shared were looked through, and their files
// are hashed.
func (sp *Space) looked() bool {
	shares := sp.library.Shares()
	for _, s := range shares {
		if s.Err == nil && (s.Scanned.IsZero() || s.Waiting > 0) {
			return false
		}
	}
	return len(shares) >= sp.taken
}

// digests is what was said on the board, by the name of the page.
type digests map[string][sha256.Size]byte

// said is what is on the board.
func (sp *Space) said() (digests, error) {
	items, err := sp.board.After(sp.spaces.cfg.Self, topicFiles, 0, -1)
	said := digests{}
	for _, i := range items {
		said[i.Name] = sha256.Sum256(i.Value)
	}
	return said, err
}

// put says which files are here, as far as that is not what was said. An empty page takes back
// what was there.
func (sp *Space) put(said digests) error {
	var here [pages][]Listed
	for _, f := range sp.Here() {
		here[f.File.SHA1[0]] = append(here[f.File.SHA1[0]], f)
	}
	left := 0
	for first := range here {
		name := pageName(byte(first))
		value, over := appendPage(nil, here[first], board.MaxValue)
		left += over
		now := sha256.Sum256(value)
		if was, ok := said[name]; was == now || !ok && len(here[first]) == 0 {
			continue
		}
		if err := sp.board.Put(topicFiles, name, value); err != nil {
			return err
		}
		said[name] = now
	}
	if left > 0 {
		sp.log.Warn().Int("files", left).Msg("there are more files than members can be told of")
	}
	return nil
}

// Here is the files that members are told of: those that are shared with the group, and those
// that were fetched from it since the start and are none of a provider's.
func (sp *Space) Here() (files []Listed) {
	for _, e := range sp.library.Entries() {
		f := Listed{Blake3: e.Blake3}
		f.File.Name, f.File.Size, f.File.SHA1 = e.Name, e.Size, e.SHA1
		files = append(files, f)
	}
	for file, tree := range sp.fetched.All() {
		if _, err := sp.library.BySHA1(file.SHA1); err == nil || sp.provides(file.SHA1) {
			continue
		}
		f := Listed{File: file}
		f.File.Name = transfer.SafeName(file.Name)
		if tree != nil && tree.Kind() == merkle.Blake3 {
			f.Blake3 = urn.Blake3(tree.Root())
		}
		files = append(files, f)
	}
	return files
}

// provides reports whether a file is one of a provider's.
func (sp *Space) provides(sum urn.SHA1) bool {
	for _, p := range sp.provided() {
		if _, known := p.Holders(sum); known {
			return true
		}
	}
	return false
}

// Search calls found for each file that a member has and that fits a query, with who has it,
// be it there or not. It asks nobody.
func (sp *Space) Search(q query.Query, found func(query.Hit)) {
	now := time.Now()
	for _, h := range sp.listing.match(q) {
		h.Group, h.At = sp.ID().String(), now
		if sp.admits(h.Source.Peer) && q.Accepts(h) {
			found(h)
		}
	}
}

// Listed is how many files of how many other members are known.
func (sp *Space) Listed() (files, members int) { return sp.listing.size() }

// pause waits, and tells whether it was for as long as that.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
