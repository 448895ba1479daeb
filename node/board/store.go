package board

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"filbert/node/database"
	"filbert/overlay/group"
	"filbert/overlay/identity"
)

// store keeps the items of all groups of a node. What a method wrote is on disk when it returns.
type store struct{ db *sql.DB }

const schema = `
CREATE TABLE IF NOT EXISTS authors (
	row INTEGER PRIMARY KEY, team BLOB NOT NULL, author BLOB NOT NULL, last INTEGER NOT NULL, lattice BLOB NOT NULL,
	head BLOB NOT NULL, items INTEGER NOT NULL, bytes INTEGER NOT NULL, UNIQUE (team, author)
);
CREATE TABLE IF NOT EXISTS items (
	row INTEGER PRIMARY KEY AUTOINCREMENT, author INTEGER NOT NULL, topic TEXT NOT NULL, name BLOB NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL,
	value BLOB NOT NULL, digest BLOB NOT NULL, signature BLOB NOT NULL, hash BLOB NOT NULL,
	UNIQUE (author, topic, name), UNIQUE (author, sequence)
);
CREATE INDEX IF NOT EXISTS tombstones ON items (author, time) WHERE length(value) = 0;
PRAGMA user_version = 1;
`

// shelf is what an author has, without the items.
type shelf struct {
	row   int64  // 0: not in the store yet
	last  uint64 // its last item
	sum   lattice
	head  sum // the digest that the last item signs
	items int // tombstones included, and so are
	bytes int
}

// whole tells that nothing is missing and nothing too much.
func (s *shelf) whole() bool { return s.last == 0 || s.sum.digest() == s.head }

// Columns of an entry, as scanEntry reads them.
const columns = "topic, name, sequence, time, value, digest, signature, hash"

func scanEntry(author identity.PeerID) func(*sql.Rows) (*entry, error) {
	return func(r *sql.Rows) (*entry, error) {
		e := &entry{Item: Item{Author: author}}
		var name, digest, signature, hash []byte
		var sequence, millis int64
		err := r.Scan(&e.Topic, &name, &sequence, &millis, &e.Value, &digest, &signature, &hash)
		e.Name, e.Sequence, e.Time = string(name), uint64(sequence), time.UnixMilli(millis)
		copy(e.digest[:], digest)
		copy(e.signature[:], signature)
		copy(e.hash[:], hash)
		return e, err
	}
}

// bytesOf is never NULL.
func bytesOf(name string) []byte { return append([]byte{}, name...) }

// load is what is known of the authors of a group.
func (s *store) load(of group.ID) (map[identity.PeerID]*shelf, error) {
	out := map[identity.PeerID]*shelf{}
	_, err := database.Rows(s.db, func(r *sql.Rows) (struct{}, error) {
		var author, sums, head []byte
		a := new(shelf)
		var last int64
		err := r.Scan(&a.row, &author, &last, &sums, &head, &a.items, &a.bytes)
		if err == nil && (len(author) != 32 || len(sums) != 2*latticeLen) {
			err = errors.New("a row is malformed")
		}
		if err == nil {
			a.last = uint64(last)
			a.sum.decode(sums)
			copy(a.head[:], head)
			out[identity.PeerID(author)] = a
		}
		return struct{}{}, err
	}, "SELECT row, author, last, lattice, head, items, bytes FROM authors WHERE team = ?", of[:])
	return out, err
}

// save writes a shelf back.
func (s *shelf) save(tx *sql.Tx) error {
	_, err := tx.Exec("UPDATE authors SET last = ?, lattice = ?, head = ?, items = ?, bytes = ? WHERE row = ?",
		int64(s.last), s.sum.encode(), s.head[:], s.items, s.bytes, s.row)
	return err
}

// stand makes room for an author who has nothing yet.
func (s *shelf) stand(tx *sql.Tx, of group.ID, author identity.PeerID) error {
	if s.row != 0 {
		return nil
	}
	return tx.QueryRow("INSERT INTO authors (team, author, last, lattice, head, items, bytes) VALUES (?, ?, 0, ?, ?, 0, 0) RETURNING row",
		of[:], author[:], s.sum.encode(), s.head[:]).Scan(&s.row)
}

// placed is what is needed of an item that is there.
type placed struct {
	sequence uint64
	hash     sum
	value    int
	cost     int
}

func scanPlaced(r *sql.Rows) (p placed, err error) {
	var topic string
	var name, hash []byte
	var sequence int64
	err = r.Scan(&topic, &name, &sequence, &hash, &p.value)
	p.sequence, p.cost = uint64(sequence), cost(topic, string(name), p.value)
	copy(p.hash[:], hash)
	return p, err
}

// find is the items of an author that a condition takes.
func find(tx *sql.Tx, s *shelf, which string, args ...any) ([]placed, error) {
	return database.Rows(tx, scanPlaced, "SELECT topic, name, sequence, hash, length(value) FROM items WHERE author = ? AND "+which,
		append([]any{s.row}, args...)...)
}

// remove takes items of an author away.
func (s *shelf) remove(tx *sql.Tx, items ...placed) error {
	for _, p := range items {
		if _, err := tx.Exec("DELETE FROM items WHERE author = ? AND sequence = ?", s.row, int64(p.sequence)); err != nil {
			return err
		}
		s.items--
		s.bytes -= p.cost
		if p.value > 0 {
			s.sum.remove(p.hash)
		}
	}
	return nil
}

// insert adds an item, under whose names there is none, to the store; the lattice has it already.
func (s *shelf) insert(tx *sql.Tx, e *entry) error {
	_, err := tx.Exec("INSERT INTO items (author, "+columns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		s.row, e.Topic, bytesOf(e.Name), int64(e.Sequence), e.Time.UnixMilli(), append([]byte{}, e.Value...), e.digest[:], e.signature[:], e.hash[:])
	if e.Sequence > s.last {
		s.last, s.head = e.Sequence, e.digest
	}
	return err
}

// after is the items of an author after a number, in order, within the bounds of a batch.
func (s *store) after(author identity.PeerID, of *shelf, sequence uint64, most, bytes int) (out []*entry, more bool, err error) {
	r, err := s.db.Query("SELECT "+columns+" FROM items WHERE author = ? AND sequence > ? ORDER BY sequence LIMIT ?", of.row, int64(sequence), most+1)
	if err != nil {
		return nil, false, err
	}
	defer r.Close()
	scan := scanEntry(author)
	for r.Next() {
		e, err := scan(r)
		if err != nil {
			return nil, false, err
		}
		if bytes -= e.cost(); len(out) == most || bytes < 0 {
			return out, true, nil
		}
		out = append(out, e)
	}
	return out, false, r.Err()
}

// items is what an author says under a topic after a number; most < 0 is all.
func (s *store) items(author identity.PeerID, of *shelf, topic string, after uint64, most int) ([]*entry, error) {
	return database.Rows(s.db, scanEntry(author), "SELECT "+columns+
		" FROM items WHERE author = ? AND topic = ? AND sequence > ? AND length(value) > 0 AND length(name) > 0 ORDER BY sequence LIMIT ?",
		of.row, topic, int64(after), most)
}

// arrived is what came under a topic after a row, in the order in which it came, and the row of
// the last of these; if there is no more, that of the last item of all.
func (s *store) arrived(of group.ID, topic string, after int64, most int) (out []*entry, next int64, err error) {
	if err := s.db.QueryRow("SELECT coalesce(max(row), 0) FROM items").Scan(&next); err != nil {
		return nil, after, err
	}
	next = max(next, after)
	var last int64
	out, err = database.Rows(s.db, func(r *sql.Rows) (*entry, error) {
		e := new(entry)
		var author, name []byte
		var sequence, millis int64
		err := r.Scan(&last, &author, &name, &sequence, &millis, &e.Value)
		copy(e.Author[:], author)
		e.Topic, e.Name, e.Sequence, e.Time = topic, string(name), uint64(sequence), time.UnixMilli(millis)
		return e, err
	}, `SELECT i.row, a.author, name, sequence, time, value FROM items i JOIN authors a ON a.row = i.author WHERE i.row > ? AND i.topic = ? AND a.team = ?
		AND length(value) > 0 AND length(name) > 0 ORDER BY i.row LIMIT ?`, after, topic, of[:], most)
	if len(out) == most {
		next = last
	}
	return out, next, err
}

// get is what an author says under a name.
func (s *store) get(author identity.PeerID, of *shelf, topic, name string) (*entry, bool, error) {
	list, err := database.Rows(s.db, scanEntry(author), "SELECT "+columns+" FROM items WHERE author = ? AND topic = ? AND name = ?",
		of.row, topic, bytesOf(name))
	if err != nil || len(list) == 0 {
		return nil, false, err
	}
	return list[0], true, nil
}

// forgetAuthor deletes all of an author.
func (s *store) forgetAuthor(of *shelf) error {
	return database.Atomically(s.db, func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM items WHERE author = ?", of.row); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM authors WHERE row = ?", of.row)
		return err
	})
}

// forget deletes all of a group.
func (s *store) forget(of group.ID) error {
	return database.Atomically(s.db, func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM items WHERE author IN (SELECT row FROM authors WHERE team = ?)", of[:]); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM authors WHERE team = ?", of[:])
		return err
	})
}

// close ends it.
func (s *store) close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("board: %w", err)
	}
	return nil
}
