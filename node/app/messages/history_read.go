package messages

import (
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"filbert/node/database"
	"filbert/overlay/identity"
)

// rows reads all rows of a query.
func rows[T any](h *History, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	out, err := database.Rows(h.db, scan, query, args...)
	if err != nil {
		return nil, fmt.Errorf("messages: history: %w", err)
	}
	return out, nil
}

func scanEntry(r *sql.Rows) (Entry, error) {
	var e Entry
	var peer, author, text, signature []byte
	var sequence, previous, came int64
	if err := r.Scan(&peer, &author, &sequence, &previous, &text, &signature, &e.State, &came, &e.Why); err != nil {
		return e, err
	}
	e.With = conversationOf(peer)
	copy(e.Author[:], author)
	copy(e.signature[:], signature)
	e.Sequence, e.Previous, e.Text, e.Came = uint64(sequence), uint64(previous), string(text), time.UnixMicro(came)
	if e.State.Mine() || e.With.Kind == Group {
		e.In = e.With
	}
	return e, nil
}

func scanPeer(r *sql.Rows) (p identity.PeerID, err error) {
	var b []byte
	err = r.Scan(&b)
	copy(p[:], b)
	return p, err
}

// Has reports whether a message is in the history.
func (h *History) Has(with Conversation, author identity.PeerID, sequence uint64) (bool, error) {
	var n int
	err := h.db.QueryRow("SELECT count(*) FROM messages WHERE peer = ? AND author = ? AND sequence = ?", with.key(), author[:], int64(sequence)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("messages: history: %w", err)
	}
	return n > 0, nil
}

// Stream is the order of an author's messages as far as they came.
func (h *History) Stream(with Conversation, author identity.PeerID) (*Stream, error) {
	var last, floor int64
	err := errors.Join(
		h.db.QueryRow("SELECT coalesce((SELECT sequence FROM messages WHERE peer = ? AND author = ? AND state != ? ORDER BY sequence DESC LIMIT 1), 0)", with.key(), author[:], Held).Scan(&last),
		h.db.QueryRow("SELECT coalesce(max(sequence), 0) FROM floors WHERE peer = ? AND author = ?", with.key(), author[:]).Scan(&floor),
	)
	if err != nil {
		return nil, fmt.Errorf("messages: history: %w", err)
	}
	s := &Stream{last: uint64(last), floor: uint64(floor)}
	s.held, err = rows(h, func(r *sql.Rows) (held, error) {
		var previous, sequence, came int64
		err := r.Scan(&previous, &sequence, &came)
		return held{uint64(previous), uint64(sequence), time.UnixMicro(came)}, err
	}, "SELECT previous, sequence, came FROM messages INDEXED BY held WHERE peer = ? AND author = ? AND state = 1 ORDER BY sequence", with.key(), author[:])
	return s, err
}

// Holding is the conversations, and the authors in them, of whom messages are held.
func (h *History) Holding() ([]streamKey, error) {
	return rows(h, func(r *sql.Rows) (k streamKey, err error) {
		var with, author []byte
		err = r.Scan(&with, &author)
		k.with = conversationOf(with)
		copy(k.author[:], author)
		return k, err
	}, "SELECT DISTINCT peer, author FROM messages WHERE state = 1")
}

// Entries is messages of one author in a conversation, by their sequences.
func (h *History) Entries(with Conversation, author identity.PeerID, sequences []uint64) ([]Entry, error) {
	var out []Entry
	for _, n := range sequences {
		e, err := rows(h, scanEntry, "SELECT "+columns+" FROM messages WHERE peer = ? AND author = ? AND sequence = ?", with.key(), author[:], int64(n))
		if err != nil {
			return nil, err
		}
		out = append(out, e...)
	}
	return out, nil
}

// Outbox is what waits for a peer, after a sequence, so many at most.
func (h *History) Outbox(with Conversation, after uint64, most int) ([]Entry, error) {
	return rows(h, scanEntry, "SELECT "+columns+" FROM messages WHERE peer = ? AND state = 4 AND sequence > ? ORDER BY sequence LIMIT ?",
		with.key(), int64(after), most)
}

// Waiting is the peers for whom something waits.
func (h *History) Waiting() ([]identity.PeerID, error) {
	return rows(h, scanPeer, "SELECT DISTINCT peer FROM messages WHERE state = 4")
}

// Counts is how many messages of a conversation are in the history, ours and of these
// those that wait.
func (h *History) Counts(with Conversation) (all, mine, waiting int, err error) {
	err = h.db.QueryRow("SELECT count, mine FROM conversations WHERE peer = ?", with.key()).Scan(&all, &mine)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, 0, nil
	}
	if err == nil {
		err = h.db.QueryRow("SELECT count(*) FROM messages WHERE peer = ? AND state = 4", with.key()).Scan(&waiting)
	}
	if err != nil {
		return 0, 0, 0, fmt.Errorf("messages: history: %w", err)
	}
	return all, mine, waiting, nil
}

// Unanswered is the peers that the user never wrote to.
func (h *History) Unanswered() ([]identity.PeerID, error) {
	return rows(h, scanPeer, "SELECT peer FROM conversations WHERE mine = 0 AND length(peer) = 32")
}

// Messages is the last messages of a conversation, in order: by the time that their authors
// say, which keeps each author's own.
func (h *History) Messages(with Conversation, most int) ([]Entry, error) {
	out, err := rows(h, scanEntry, "SELECT "+columns+" FROM messages WHERE peer = ? AND state != 1 ORDER BY sequence DESC, author DESC LIMIT ?",
		with.key(), min(most, maxListed))
	slices.Reverse(out)
	return out, err
}

// Conversations is all, that in which something came last first.
func (h *History) Conversations() ([]Summary, error) {
	out, err := rows(h, func(r *sql.Rows) (Summary, error) {
		var s Summary
		var peer []byte
		err := r.Scan(&peer, &s.Messages, &s.Unread, &s.Waiting)
		s.With = conversationOf(peer)
		return s, err
	}, `SELECT c.peer, c.count - (SELECT count(*) FROM messages m WHERE m.peer = c.peer AND m.state = 1) AS shown,
		(SELECT count(*) FROM messages m WHERE m.peer = c.peer AND m.came > c.read AND m.state IN (2, 3)),
		(SELECT count(*) FROM messages m WHERE m.peer = c.peer AND m.state = 4)
		FROM conversations c WHERE shown > 0`)
	if err != nil {
		return nil, err
	}
	for i := range out {
		last, err := h.Messages(out[i].With, 1)
		if err != nil {
			return nil, err
		}
		if len(last) > 0 {
			out[i].Last = last[0]
		}
	}
	slices.SortFunc(out, func(a, b Summary) int { return b.Last.Came.Compare(a.Last.Came) })
	return out, nil
}

// Address is where a peer said it listens.
func (h *History) Address(of identity.PeerID) (netip.AddrPort, error) {
	var text string
	err := h.db.QueryRow("SELECT addr FROM addresses WHERE peer = ?", of[:]).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return netip.AddrPort{}, nil
	}
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("messages: history: %w", err)
	}
	return netip.ParseAddrPort(text)
}

// NoteAddress keeps where a peer says it listens.
func (h *History) NoteAddress(of identity.PeerID, at netip.AddrPort, now time.Time) error {
	return h.atomically(func(tx *sql.Tx) error {
		if _, err := tx.Exec("INSERT OR REPLACE INTO addresses VALUES (?, ?, ?)", of[:], at.String(), now.UnixMicro()); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM addresses WHERE peer IN (SELECT peer FROM addresses ORDER BY seen DESC LIMIT -1 OFFSET ?)", maxAddresses)
		return err
	})
}
