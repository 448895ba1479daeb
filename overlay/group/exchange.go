package group

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// Two peers bring their records in step on a stream, in frames of a length of 4 bytes and as
// many bytes:
//
//	D dials      what it has: the first 8 bytes of the hash of each record
//	A accepts    what it has; the records that D lacks, as State.Encode writes them
//	D            the records that A lacks
//
// At most syncBatch bytes of records go in one direction; what is left is for the next time.

// prefix is how a record is listed. Two of one prefix would have to be made on purpose, by
// an owner, and harm what that owner issued.
type prefix [8]byte

// have lists the records of a state; a nil state has none.
func have(s *State) []byte {
	if s == nil {
		return nil
	}
	records := s.Records()
	b := make([]byte, 0, len(records)*len(prefix{}))
	for _, r := range records[:min(len(records), maxHave)] {
		b = append(b, r.hash[:len(prefix{})]...)
	}
	return b
}

// lacking are the records of a state that a list does not have, in an order in which they can
// be taken in.
func lacking(s *State, list []byte) (b []byte, n int) {
	theirs := make(map[prefix]bool, len(list)/len(prefix{}))
	for ; len(list) >= len(prefix{}); list = list[len(prefix{}):] {
		theirs[prefix(list[:len(prefix{})])] = true
	}
	for _, r := range s.Records() {
		if theirs[prefix(r.hash[:len(prefix{})])] {
			continue
		}
		if len(b)+4+len(r.raw) > syncBatch {
			break
		}
		b = binary.BigEndian.AppendUint32(b, uint32(len(r.raw)))
		b = append(b, r.raw...)
		n++
	}
	return b, n
}

func writeFrame(w io.Writer, b []byte) error {
	if _, err := w.Write(append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(b)), uint32(len(b))), b...)); err != nil {
		return fmt.Errorf("group: exchange: %w", err)
	}
	return nil
}

func readFrame(r io.Reader, most int) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, fmt.Errorf("group: exchange: %w", err)
	}
	n := binary.BigEndian.Uint32(length[:])
	if uint64(n) > uint64(most) {
		return nil, refused(TooMany)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("group: exchange: %w", err)
	}
	return b, nil
}

// outcome is what came of an exchange.
type outcome struct {
	got, gave int  // records that were new to us, and to the other
	same      bool // both had the same before
}

// futile tells whether the two differ and cannot be brought in step.
func (o outcome) futile() bool { return o.got+o.gave == 0 && !o.same }

// exchangeDialing is the dialer's part. Take takes records in and returns the state after
// that, and how many were new.
func exchangeDialing(c io.ReadWriter, s *State, take func([]*Record) (*State, int, error)) (outcome, error) {
	ours := have(s)
	if err := writeFrame(c, ours); err != nil {
		return outcome{}, err
	}
	theirs, err := readFrame(c, maxHave*len(prefix{}))
	if err != nil {
		return outcome{}, err
	}
	b, err := readFrame(c, syncBatch)
	if err != nil {
		return outcome{}, err
	}
	records, err := decodeRecords(b)
	if err != nil {
		return outcome{}, err
	}
	o := outcome{same: bytes.Equal(ours, theirs)}
	if s, o.got, err = take(records); err != nil {
		return outcome{}, err
	}
	b, o.gave = lacking(s, theirs)
	return o, writeFrame(c, b)
}

// exchangeAccepting is the other's part.
func exchangeAccepting(c io.ReadWriter, s *State, take func([]*Record) (*State, int, error)) error {
	theirs, err := readFrame(c, maxHave*len(prefix{}))
	if err != nil {
		return err
	}
	if err := writeFrame(c, have(s)); err != nil {
		return err
	}
	b, _ := lacking(s, theirs)
	if err := writeFrame(c, b); err != nil {
		return err
	}
	if b, err = readFrame(c, syncBatch); err != nil {
		return err
	}
	records, err := decodeRecords(b)
	if err != nil {
		return err
	}
	_, _, err = take(records)
	return err
}
