package state

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A value on disk:
//
//	0       1            5
//	+-------+------------+----------- - -
//	|version| CRC32C, BE | the value
//	+-------+------------+----------- - -
//
// The checksum covers the version, the bucket and the key with their lengths,
// and the value: a value found under another key is damaged too. Versions to
// come keep the first five bytes.
const (
	frameVersion = 1
	frameHeader  = 5
)

// frame returns value as it is written.
func frame(bucket, key string, value []byte) []byte {
	b := make([]byte, frameHeader, frameHeader+len(value))
	b[0] = frameVersion
	b = append(b, value...)
	binary.BigEndian.PutUint32(b[1:], checksum(frameVersion, bucket, key, value))
	return b
}

// verify reports whether b is whole, whatever its version. The error wraps
// ErrCorrupt.
func verify(bucket, key string, b []byte) error {
	if len(b) < frameHeader || len(b) > frameHeader+MaxValue {
		return fmt.Errorf("%w: %s/%q has %d bytes", ErrCorrupt, bucket, key, len(b))
	}
	if binary.BigEndian.Uint32(b[1:]) != checksum(b[0], bucket, key, b[frameHeader:]) {
		return fmt.Errorf("%w: %s/%q has a wrong checksum", ErrCorrupt, bucket, key)
	}
	return nil
}

// unframe returns the value in b, which still belongs to b. The error wraps
// ErrCorrupt or ErrVersion.
func unframe(bucket, key string, b []byte) ([]byte, error) {
	if err := verify(bucket, key, b); err != nil {
		return nil, err
	}
	if b[0] != frameVersion {
		return nil, fmt.Errorf("%w: %s/%q has version %d", ErrVersion, bucket, key, b[0])
	}
	return b[frameHeader:], nil
}

func checksum(version byte, bucket, key string, value []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	head := make([]byte, 0, 1+4+len(bucket)+4+len(key))
	head = append(head, version)
	head = binary.BigEndian.AppendUint32(head, uint32(len(bucket)))
	head = append(head, bucket...)
	head = binary.BigEndian.AppendUint32(head, uint32(len(key)))
	head = append(head, key...)
	return crc32.Update(crc32.Checksum(head, table), table, value)
}

// checkSizes compares a bucket name, a key and a value with their caps.
func checkSizes(bucket, key string, value []byte) error {
	switch {
	case len(bucket) == 0 || len(bucket) > MaxName:
		return fmt.Errorf("%w: bucket name of %d bytes", ErrTooLarge, len(bucket))
	case len(key) == 0 || len(key) > MaxKey:
		return fmt.Errorf("%w: key of %d bytes", ErrTooLarge, len(key))
	case len(value) > MaxValue:
		return fmt.Errorf("%w: value of %d bytes", ErrTooLarge, len(value))
	}
	return nil
}
