package messages

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"filbert/node/database"
	"filbert/overlay/identity"
)

// History keeps messages in a file. What a method wrote is on disk when it returns. One
// goroutine at a time uses it; App sees to that.
type History struct {
	db    *sql.DB
	bytes int64 // of all texts
}

const schema = `
CREATE TABLE IF NOT EXISTS messages (
	peer BLOB NOT NULL, author BLOB NOT NULL, sequence INTEGER NOT NULL, previous INTEGER NOT NULL,
	text BLOB NOT NULL, signature BLOB NOT NULL, state INTEGER NOT NULL, came INTEGER NOT NULL, why TEXT NOT NULL,
	PRIMARY KEY (peer, author, sequence)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ordered ON messages (peer, sequence);
CREATE INDEX IF NOT EXISTS arrived ON messages (peer, came);
CREATE INDEX IF NOT EXISTS waiting ON messages (peer, sequence) WHERE state = 4;
CREATE INDEX IF NOT EXISTS held ON messages (peer, author) WHERE state = 1;
CREATE TABLE IF NOT EXISTS conversations (
	peer BLOB PRIMARY KEY, count INTEGER NOT NULL, bytes INTEGER NOT NULL, mine INTEGER NOT NULL, read INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS floors (
	peer BLOB NOT NULL, author BLOB NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (peer, author)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS addresses (peer BLOB PRIMARY KEY, addr TEXT NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;
`

// columns of an Entry, as scan reads them.
const columns = "peer, author, sequence, previous, text, signature, state, came, why"

// OpenHistory opens the file, or makes it for the user alone. One that is damaged is put
// aside, where aside says, and begun anew.
func OpenHistory(path string) (h *History, aside string, err error) {
	db, aside, err := database.Open(path, schema)
	if err != nil {
		return nil, aside, fmt.Errorf("messages: history %s: %w", path, err)
	}
	h = &History{db: db}
	if err := h.measure(); err != nil {
		return nil, aside, errors.Join(err, db.Close())
	}
	return h, aside, nil
}

// measure counts the bytes of all texts.
func (h *History) measure() error {
	if err := h.db.QueryRow("SELECT coalesce(sum(bytes), 0) FROM conversations").Scan(&h.bytes); err != nil {
		return fmt.Errorf("messages: history: %w", err)
	}
	return nil
}

// Close ends it.
func (h *History) Close() error { return h.db.Close() }

// atomically runs statements, all or none.
func (h *History) atomically(do func(tx *sql.Tx) error) error {
	if err := database.Atomically(h.db, do); err != nil {
		return fmt.Errorf("messages: history: %w", err)
	}
	return nil
}

// Add keeps a message that is not in the history, and shows those of its author that are
// held and now ready.
func (h *History) Add(e Entry, ready []uint64) error {
	size := len(e.Text)
	err := h.atomically(func(tx *sql.Tx) error {
		if _, err := tx.Exec("INSERT INTO messages ("+columns+") VALUES (?,?,?,?,?,?,?,?,?)",
			e.With.key(), e.Author[:], int64(e.Sequence), int64(e.Previous), []byte(e.Text), e.signature[:], e.State, e.Came.UnixMicro(), e.Why); err != nil {
			return err
		}
		mine := 0
		if e.State.Mine() {
			mine = 1
		}
		if _, err := tx.Exec(`INSERT INTO conversations VALUES (?1, 1, ?2, ?3, 0)
			ON CONFLICT (peer) DO UPDATE SET count = count + 1, bytes = bytes + ?2, mine = mine + ?3`, e.With.key(), size, mine); err != nil {
			return err
		}
		return show(tx, e.With, e.Author, ready)
	})
	if err != nil {
		return err
	}
	h.bytes += int64(size)
	return h.prune(e.With)
}

// Show shows messages that are held.
func (h *History) Show(with Conversation, author identity.PeerID, sequences []uint64) error {
	return h.atomically(func(tx *sql.Tx) error { return show(tx, with, author, sequences) })
}

func show(tx *sql.Tx, with Conversation, author identity.PeerID, sequences []uint64) error {
	for _, n := range sequences {
		if _, err := tx.Exec("UPDATE messages SET state = ? WHERE peer = ? AND author = ? AND sequence = ?", Shown, with.key(), author[:], int64(n)); err != nil {
			return err
		}
	}
	return nil
}

// Settle says what became of a message of ours, if it still waits.
func (h *History) Settle(with Conversation, author identity.PeerID, sequence uint64, s State, why string) error {
	return h.atomically(func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE messages SET state = ?, why = ? WHERE peer = ? AND author = ? AND sequence = ? AND state = ?",
			s, why, with.key(), author[:], int64(sequence), Waiting)
		return err
	})
}

// GiveUp fails what waits and was written before a time, or by another ID than the one
// that the node has now.
func (h *History) GiveUp(self identity.PeerID, before time.Time) error {
	return h.atomically(func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE messages SET state = ?, why = 'not delivered in time' WHERE state = 4 AND came < ?", Failed, before.UnixMicro())
		if err == nil {
			_, err = tx.Exec("UPDATE messages SET state = ?, why = 'written under another ID' WHERE state = 4 AND author != ?", Failed, self[:])
		}
		return err
	})
}

// MarkRead notes that the user saw what came into a conversation so far.
func (h *History) MarkRead(with Conversation) error {
	return h.atomically(func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE conversations SET read = coalesce((SELECT max(came) FROM messages WHERE peer = ?1), 0) WHERE peer = ?1", with.key())
		return err
	})
}

// Remove forgets a conversation. What was in it does not come again.
func (h *History) Remove(with Conversation) error {
	var size int64
	err := h.atomically(func(tx *sql.Tx) error {
		if err := tx.QueryRow("SELECT coalesce(sum(bytes), 0) FROM conversations WHERE peer = ?", with.key()).Scan(&size); err != nil {
			return err
		}
		if err := forget(tx, with, "1"); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM conversations WHERE peer = ?", with.key())
		return err
	})
	if err == nil {
		h.bytes -= size
	}
	return err
}

// forget deletes messages of a conversation that a condition takes, and raises the floors
// of their authors.
func forget(tx *sql.Tx, with Conversation, which string, args ...any) error {
	args = append([]any{with.key()}, args...)
	if _, err := tx.Exec(`INSERT INTO floors SELECT peer, author, max(sequence) FROM messages WHERE peer = ? AND `+which+` GROUP BY author
		ON CONFLICT (peer, author) DO UPDATE SET sequence = max(sequence, excluded.sequence)`, args...); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM messages WHERE peer = ? AND "+which, args...)
	return err
}

// prune forgets what is oldest while a conversation, or all, is above its bounds. What
// waits to be sent is bounded elsewhere and goes as well.
func (h *History) prune(with Conversation) error {
	for {
		var count, size int64
		if err := h.db.QueryRow("SELECT count, bytes FROM conversations WHERE peer = ?", with.key()).Scan(&count, &size); err != nil {
			return fmt.Errorf("messages: history: %w", err)
		}
		if count <= maxKept && size <= maxKeptBytes {
			if h.bytes <= maxAllBytes {
				return nil
			}
			var longest []byte
			if err := h.db.QueryRow("SELECT peer FROM conversations ORDER BY bytes DESC LIMIT 1").Scan(&longest); err != nil {
				return fmt.Errorf("messages: history: %w", err)
			}
			with = conversationOf(longest)
		}
		var left int64
		err := h.atomically(func(tx *sql.Tx) error {
			var upTo int64
			if err := tx.QueryRow("SELECT max(sequence) FROM (SELECT sequence FROM messages WHERE peer = ? ORDER BY sequence LIMIT ?)", with.key(), pruneStep).Scan(&upTo); err != nil {
				return err
			}
			if err := forget(tx, with, "sequence <= ?", upTo); err != nil {
				return err
			}
			return tx.QueryRow(`UPDATE conversations SET (count, bytes) = (SELECT count(*), coalesce(sum(length(text)), 0) FROM messages WHERE peer = ?1)
				WHERE peer = ?1 RETURNING bytes`, with.key()).Scan(&left)
		})
		if err != nil {
			return err
		}
		if err := h.measure(); err != nil {
			return err
		}
	}
}
