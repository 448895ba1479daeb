package merkle

import (
	"encoding/hex"
	"encoding/xml"
	"fmt"
)

// THEX names what is in a serialised tree by these.
const (
	thexTiger   = "http://open-content.net/spec/digest/tiger"
	thexBreadth = "http://open-content.net/spec/thex/breadthfirst"
	thexMedia   = "text/xml"
)

// thexDocument is the first record, in the form that every reader knows.
const thexDocument = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n" +
	"<!DOCTYPE hashtree SYSTEM \"http://open-content.net/spec/thex/thex.dtd\">\r\n" +
	"<hashtree>\r\n" +
	"<file size=\"%d\" segmentsize=\"%d\"/>\r\n" +
	"<digest algorithm=\"" + thexTiger + "\" outputsize=\"%d\"/>\r\n" +
	"<serializedtree depth=\"%d\" type=\"" + thexBreadth + "\" uri=\"%s\"/>\r\n" +
	"</hashtree>\r\n"

// AppendTHEX appends a Tiger tree as a DIME message, with all levels from the
// root to the nodes of its slices (transfer.md §6).
func AppendTHEX(b []byte, t *Tree) []byte {
	levels := [][]byte{t.nodes}
	for last := t.nodes; len(last) > Tiger.Width(); {
		last = levelAbove(last)
		levels = append(levels, last)
	}
	var data []byte
	for i := len(levels) - 1; i >= 0; i-- {
		data = append(data, levels[i]...)
	}
	id := thexID(t.root)
	document := fmt.Appendf(nil, thexDocument, t.size, leafSize, Tiger.Width(), len(levels)-1, id)
	b = appendDIME(b, dimeFirst, dimeMedia, dimeRecord{kind: []byte(thexMedia), data: document})
	return appendDIME(b, dimeLast, dimeURI, dimeRecord{id: []byte(id), kind: []byte(thexBreadth), data: data})
}

// thexID names the second record in the first: a UUID, made of the root so that
// one tree has one serialisation.
func thexID(root Hash) string {
	x := hex.EncodeToString(root[:16])
	return "uuid:" + x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

// ParseTHEX reads a Tiger tree of a file of size bytes from a DIME message of
// at most MaxTHEX bytes, and checks it against the root. The errors wrap
// ErrShape, also for a tree too shallow to be of use, or ErrRoot.
//
// GnucDNA and old BearShare cut or quote the first record; the nodes alone tell
// enough then.
func ParseTHEX(b []byte, size int64, root Hash) (*Tree, error) {
	if len(b) > MaxTHEX || size < 0 {
		return nil, fmt.Errorf("merkle: serialised tree of %d bytes, more than %d: %w", len(b), MaxTHEX, ErrShape)
	}
	for len(b) > 0 {
		record, rest, err := nextDIME(b)
		if err != nil {
			return nil, fmt.Errorf("merkle: serialised tree: %w", err)
		}
		switch string(record.kind) {
		case thexMedia:
			if err := checkTHEX(record.data, size); err != nil {
				return nil, err
			}
		case thexBreadth:
			return parseNodes(record.data, size, root)
		}
		b = rest
	}
	return nil, fmt.Errorf("merkle: serialised tree without nodes: %w", ErrShape)
}

// checkTHEX holds what the first record says, if it can be read, against what
// it must say.
func checkTHEX(document []byte, size int64) error {
	if len(document) > maxDocument {
		return fmt.Errorf("merkle: serialised tree with %d bytes that tell its shape: %w", len(document), ErrShape)
	}
	var says struct {
		File struct {
			Size    int64 `xml:"size,attr"`
			Segment int64 `xml:"segmentsize,attr"`
		} `xml:"file"`
		Digest struct {
			Algorithm string `xml:"algorithm,attr"`
		} `xml:"digest"`
	}
	if xml.Unmarshal(document, &says) != nil {
		return nil
	}
	if says.File.Size != size || says.File.Segment != leafSize || says.Digest.Algorithm != thexTiger {
		return fmt.Errorf("merkle: serialised tree is of %d bytes in segments of %d by %.64q: %w",
			says.File.Size, says.File.Segment, says.Digest.Algorithm, ErrShape)
	}
	return nil
}

// parseNodes finds the lowest level of the nodes: all levels follow one another
// from the root on.
func parseNodes(nodes []byte, size int64, root Hash) (*Tree, error) {
	at, total := int64(0), int64(len(nodes))
	slice := int64(leafSize) << height(size) // at the root, one slice is the whole file
	for {
		level := slices(size, slice) * int64(Tiger.Width())
		if at+level == total {
			break
		}
		if at+level > total || slice == leafSize {
			return nil, fmt.Errorf("merkle: serialised tree with %d bytes of nodes: %w", total, ErrShape)
		}
		at, slice = at+level, slice/2
	}
	if slice > 2*SliceSize(Tiger, size) {
		return nil, fmt.Errorf("merkle: serialised tree with slices of %d bytes: %w", slice, ErrShape)
	}
	return New(Tiger, size, slice, nodes[at:], root)
}

// levelAbove is the nodes above the given ones.
func levelAbove(nodes []byte) []byte {
	w := Tiger.Width()
	up := make([]byte, 0, len(nodes)/2+w)
	for ; len(nodes) >= 2*w; nodes = nodes[2*w:] {
		var left, right Hash
		copy(left[:], nodes[:w])
		copy(right[:], nodes[w:2*w])
		h := tigerParent(left, right)
		up = append(up, h[:w]...)
	}
	return append(up, nodes...)
}
