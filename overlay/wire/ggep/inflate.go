package ggep

import (
	"bytes"
	"compress/zlib"
	"io"
)

// inflate undoes zlib (RFC 1950), bounded by MaxInflated and MaxInflateRatio.
// Nothing is allocated in proportion to what the stream claims.
func inflate(data []byte) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, ErrDeflate
	}
	limit := min(MaxInflated, max(InflateAllowance, len(data)*MaxInflateRatio))
	payload, err := io.ReadAll(io.LimitReader(z, int64(limit)+1))
	if err != nil {
		return nil, ErrDeflate
	}
	if len(payload) > limit {
		return nil, ErrInflated
	}
	return payload, nil
}

// deflate returns data as a zlib stream (RFC 1950).
func deflate(data []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(data) // a bytes.Buffer takes everything
	z.Close()
	return b.Bytes()
}
