package library

import (
	"bytes"
	"crypto/sha1"
	"testing"

	"filbert/transfer/urn"
)

var (
	testKey = cacheKey("/srv/music", "a/song.mp3")
	testID  = ident{size: 5000, mtime: 1763847192e9, dev: 2049, ino: 77}
	testSum = sums{sha1: urn.SHA1(sha1.Sum([]byte("abc"))), tiger: urn.Tiger{1}, blake3: urn.Blake3{2}}
)

func TestRecord(t *testing.T) {
	record := appendRecord(nil, testKey, testID, testSum)
	if len(record) != recordLen {
		t.Errorf("a record has %d bytes, want %d", len(record), recordLen)
	}
	if id, sum, ok := parseRecord(testKey, record); !ok || id != testID || sum != testSum {
		t.Errorf("read back %+v %v %v", id, sum, ok)
	}
	if _, _, ok := parseRecord(cacheKey("/srv/music", "a/other.mp3"), record); ok {
		t.Error("a record was taken for that of another file")
	}
}

func TestDamagedRecords(t *testing.T) {
	record := appendRecord(nil, testKey, testID, testSum)
	for i := range record {
		for bit := range 8 {
			bad := bytes.Clone(record)
			bad[i] ^= 1 << bit
			if _, _, ok := parseRecord(testKey, bad); ok {
				t.Errorf("bit %d of byte %d flipped, and the record is taken", bit, i)
			}
		}
		if _, _, ok := parseRecord(testKey, record[:i]); ok {
			t.Errorf("the record is taken when cut to %d bytes", i)
		}
	}
	if _, _, ok := parseRecord(testKey, append(record, 0)); ok {
		t.Error("the record is taken with a byte behind it")
	}
}

func TestMemoryCacheKeepsCopies(t *testing.T) {
	var c MemoryCache
	value := []byte("value")
	c.Put([]byte("key"), value)
	value[0] = 'X'
	got, ok := c.Get([]byte("key"))
	if !ok || string(got) != "value" {
		t.Errorf("got %q, %v", got, ok)
	}
	c.Delete([]byte("key"))
	if got, ok := c.Get([]byte("key")); ok {
		t.Errorf("%q is left after Delete", got)
	}
}

// FuzzParseRecord wants only bytes that appendRecord writes to be read.
func FuzzParseRecord(f *testing.F) {
	f.Add(testKey, appendRecord(nil, testKey, testID, testSum))
	f.Add([]byte{}, appendRecord(nil, nil, ident{}, sums{}))
	f.Add([]byte("key"), []byte{})
	f.Fuzz(func(t *testing.T, key, record []byte) {
		id, sum, ok := parseRecord(key, record)
		if ok && !bytes.Equal(appendRecord(nil, key, id, sum), record) {
			t.Errorf("%x was read as %+v %v", record, id, sum)
		}
	})
}
