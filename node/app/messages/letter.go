package messages

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"filbert/node/board"
	"filbert/node/contacts"
	"filbert/overlay/group"
	"filbert/overlay/identity"
)

// A message to a peer that is away waits with its author; if both are never there at one time,
// members of a group that both are in hand it over. It is then a letter on the group's board,
// sealed to the peer, which answers it there with a receipt. The author takes the letter away
// when it has that, or when it reached the peer itself, and then the peer takes the receipt
// away. Members see who writes to whom, and how much.
const (
	topicLetters  = "letters"
	topicReceipts = "receipts"
)

// letterName is the name of a letter: whom it is to and its sequence. A receipt has that of the
// letter's author.
func letterName(peer identity.PeerID, sequence uint64) string {
	return peer.String() + "/" + nameOf(sequence)
}

func parseLetterName(name string) (peer identity.PeerID, sequence uint64, ok bool) {
	text, number, _ := strings.Cut(name, "/")
	peer, err := identity.ParsePeerID(text)
	if err != nil {
		return peer, 0, false
	}
	sequence, err = strconv.ParseUint(number, 16, 64)
	return peer, sequence, err == nil && letterName(peer, sequence) == name
}

// handOver puts on a board what waits for members that are away.
func (a *App) handOver(g *group.Group, b *board.Board) error {
	a.order.Lock()
	defer a.order.Unlock()
	waiting, err := a.history.Waiting()
	if err != nil || len(waiting) == 0 {
		return err
	}
	out, err := b.After(a.self(), topicLetters, 0, -1)
	if err != nil {
		return err
	}
	room := maxLetters - len(out)
	for _, peer := range waiting {
		if room <= 0 {
			return nil
		}
		if _, member := g.State().Member(peer); !member || a.meets(peer) {
			continue
		}
		list, err := a.history.Outbox(To(peer), 0, maxLetters)
		if err != nil {
			return err
		}
		for _, e := range list {
			name := letterName(peer, e.Sequence)
			if room <= 0 || e.Author != a.self() || time.Since(e.Came) < handOverAfter || a.isHandedOver(name) {
				continue
			}
			sealed, err := g.State().SealTo(peer, e.AppendTo(nil))
			if err == nil {
				err = b.Put(topicLetters, name, sealed)
			}
			if err != nil {
				return err
			}
			room--
		}
	}
	return nil
}

// meets tells whether there is a line to a peer.
func (a *App) meets(peer identity.PeerID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.sessions[peer]) > 0
}

// isHandedOver tells whether a letter is on the board of some group.
func (a *App) isHandedOver(name string) bool {
	return slices.ContainsFunc(a.host.Groups(), func(g *group.Group) bool {
		b, err := a.host.Board(g)
		if err != nil {
			return false
		}
		_, there, err := b.Get(a.self(), topicLetters, name)
		return there || err != nil
	})
}

// settleLetters takes away letters of ours that were answered, or are of no use any more.
func (a *App) settleLetters(g *group.Group, b *board.Board) error {
	letters, err := b.After(a.self(), topicLetters, 0, -1)
	if err != nil {
		return err
	}
	for _, i := range letters {
		peer, sequence, ok := parseLetterName(i.Name)
		if ok {
			if ok, err = a.stillWaits(g, b, peer, sequence); err != nil {
				return err
			}
		}
		if !ok {
			if err := b.Delete(topicLetters, i.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// stillWaits tells whether a message waits for a member, and has no receipt. If it has one it is
// settled.
func (a *App) stillWaits(g *group.Group, b *board.Board, peer identity.PeerID, sequence uint64) (bool, error) {
	a.order.Lock()
	list, err := a.history.Entries(To(peer), a.self(), []uint64{sequence})
	a.order.Unlock()
	_, member := g.State().Member(peer)
	if err != nil || !member || len(list) == 0 || list[0].State != Waiting {
		return false, err
	}
	receipt, ok, err := b.Get(peer, topicReceipts, letterName(a.self(), sequence))
	if err != nil || !ok || len(receipt.Value) != 1 {
		return true, err
	}
	said := answer(receipt.Value[0])
	if said == full {
		return true, nil
	}
	return false, a.settled(peer, sequence, said)
}

// takeLetter takes a letter to us, and answers it.
func (a *App) takeLetter(g *group.Group, b *board.Board, i board.Item) {
	to, sequence, ok := parseLetterName(i.Name)
	if !ok || to != a.self() || i.Author == a.self() || a.host.Contact(i.Author).Trust == contacts.Blocked {
		return
	}
	said := refused
	letter, ok := g.State().OpenLetter(a.host.Self(), i.Value)
	if ok {
		var honest bool
		var got uint64
		if got, said, honest = a.take(i.Author, letter); !honest || got != sequence {
			said = refused
		}
	} else {
		a.count(func(c *Counts) { c.Forged++ })
	}
	if said == full {
		return // the author comes by itself, some time
	}
	if err := b.Put(topicReceipts, letterName(i.Author, sequence), []byte{byte(said)}); err != nil {
		a.log.Warn().Err(err).Msg("a letter was not answered")
	}
}

// clearReceipts takes away our receipts of letters that are gone.
func (a *App) clearReceipts(b *board.Board) error {
	receipts, err := b.After(a.self(), topicReceipts, 0, -1)
	if err != nil {
		return err
	}
	for _, i := range receipts {
		author, sequence, ok := parseLetterName(i.Name)
		if ok {
			if _, ok, err = b.Get(author, topicLetters, letterName(a.self(), sequence)); err != nil {
				return err
			}
		}
		if !ok {
			if err := b.Delete(topicReceipts, i.Name); err != nil {
				return err
			}
		}
	}
	return nil
}
