package library

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"sync"

	"filbert/transfer/urn"
)

// Cache keeps the hashes of files from one start to the next. Keys and values
// are opaque. What was put may get lost or damaged, which costs a hash. Get may
// read the disk; Put and Delete must not wait for it, as they may come by the
// thousand. The methods are called from several goroutines at once.
type Cache interface {
	// Get gives what was last put under key; the value is the caller's.
	Get(key []byte) (value []byte, ok bool)
	// Put keeps a copy of both.
	Put(key, value []byte)
	Delete(key []byte)
}

// MemoryCache is a Cache that lasts as long as the program. The zero value is
// empty and ready. It holds one record for each file ever shared and not
// deleted.
type MemoryCache struct {
	mu      sync.Mutex
	records map[string][]byte // guarded by mu
}

// Get implements Cache.
func (c *MemoryCache) Get(key []byte) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	value, ok := c.records[string(key)]
	return bytes.Clone(value), ok
}

// Put implements Cache.
func (c *MemoryCache) Put(key, value []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.records == nil {
		c.records = map[string][]byte{}
	}
	c.records[string(key)] = bytes.Clone(value)
}

// Delete implements Cache.
func (c *MemoryCache) Delete(key []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.records, string(key))
}

// A record is what is known of one file, integers big endian:
//
//	 0  version, 2
//	 1  size           8
//	 9  mtime          8
//	17  device         8
//	25  inode          8
//	33  SHA-1         20
//	53  Tiger root    24
//	77  BLAKE3        32
//	109 CRC-32C of the key and all of the above   4
//
// Version 1 knew no roots; its files are hashed once more.
const (
	recordVersion = 2
	recordBody    = 1 + 4*8 + len(urn.SHA1{}) + len(urn.Tiger{}) + len(urn.Blake3{})
	recordLen     = recordBody + crc32.Size
)

// cacheKey names a file: its share and its path.
func cacheKey(dir, rel string) []byte {
	return append(append([]byte(dir), 0), rel...)
}

func appendRecord(b, key []byte, id ident, s sums) []byte {
	start := len(b)
	b = append(b, recordVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(id.size))
	b = binary.BigEndian.AppendUint64(b, uint64(id.mtime))
	b = binary.BigEndian.AppendUint64(b, id.dev)
	b = binary.BigEndian.AppendUint64(b, id.ino)
	b = append(b, s.sha1[:]...)
	b = append(b, s.tiger[:]...)
	b = append(b, s.blake3[:]...)
	return binary.BigEndian.AppendUint32(b, checksum(key, b[start:]))
}

// parseRecord reads a record put under key. Anything that is not exactly one is
// as good as nothing.
func parseRecord(key, b []byte) (id ident, s sums, ok bool) {
	if len(b) != recordLen || b[0] != recordVersion ||
		binary.BigEndian.Uint32(b[recordBody:]) != checksum(key, b[:recordBody]) {
		return ident{}, sums{}, false
	}
	id = ident{
		size:  int64(binary.BigEndian.Uint64(b[1:])),
		mtime: int64(binary.BigEndian.Uint64(b[9:])),
		dev:   binary.BigEndian.Uint64(b[17:]),
		ino:   binary.BigEndian.Uint64(b[25:]),
	}
	copy(s.sha1[:], b[33:])
	copy(s.tiger[:], b[53:])
	copy(s.blake3[:], b[77:])
	return id, s, true
}

func checksum(key, body []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(key, table), table, body)
}
