package ggep

import (
	"errors"

	"filbert/overlay/deflate"
)

// inflate undoes zlib (RFC 1950), bounded by MaxInflated and MaxInflateRatio.
func inflate(data []byte) ([]byte, error) {
	payload, err := deflate.Inflate(nil, data, min(MaxInflated, max(InflateAllowance, len(data)*MaxInflateRatio)))
	switch {
	case errors.Is(err, deflate.ErrTooLarge):
		return nil, ErrInflated
	case err != nil:
		return nil, ErrDeflate
	}
	return payload, nil
}
