// Package database opens what a node keeps in SQLite: a file for the user alone, of which
// what was committed is on the disk, and which is put aside if it is damaged.
package database

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"modernc.org/sqlite" // registers itself as "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Open opens the file, or makes it, and runs the schema. One that is damaged is put aside,
// where aside says, and begun anew. Without a path all is in memory. Statements wait for one
// another.
func Open(path, schema string) (db *sql.DB, aside string, err error) {
	if path == "" {
		db, err = open(":memory:", schema)
		return db, "", err
	}
	if db, err = openFile(path, schema); err == nil || !damaged(err) {
		return db, "", err
	}
	aside = path + ".damaged-" + time.Now().UTC().Format("20060102T150405")
	if renamed := os.Rename(path, aside); renamed != nil {
		return nil, "", errors.Join(err, renamed)
	}
	for _, more := range []string{"-wal", "-shm"} { // of the damaged file, if there
		if gone := os.Remove(path + more); gone != nil && !errors.Is(gone, os.ErrNotExist) {
			return nil, aside, gone
		}
	}
	db, err = openFile(path, schema)
	return db, aside, err
}

var errDamaged = errors.New("the file is damaged")

func damaged(err error) bool {
	var e *sqlite.Error
	return errors.Is(err, errDamaged) || errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_CORRUPT || e.Code()&0xff == sqlite3.SQLITE_NOTADB)
}

func openFile(path, schema string) (*sql.DB, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // SQLite would let others read it
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return open(path, schema)
}

func open(path, schema string) (*sql.DB, error) {
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: url.Values{"_pragma": {
		"locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(2000)", "cache_size(-4096)", "secure_delete(1)",
	}}.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := prepare(db, schema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func prepare(db *sql.DB, schema string) error {
	var check string
	if err := db.QueryRow("PRAGMA quick_check(1)").Scan(&check); err != nil {
		return err
	}
	if check != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, check)
	}
	_, err := db.Exec(schema)
	return err
}

// Atomically runs statements, all or none.
func Atomically(db *sql.DB, do func(tx *sql.Tx) error) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Rows reads all rows of a query. Q is a database or a transaction.
func Rows[T any](q interface {
	Query(query string, args ...any) (*sql.Rows, error)
}, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	r, err := q.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out []T
	for r.Next() {
		v, err := scan(r)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, r.Err()
}
