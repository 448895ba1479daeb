package wire

import "filbert/overlay/wire/ggep"

// tail returns what follows the fixed part of a payload, nil if nothing does.
func tail(p []byte, fixed int) []byte {
	if len(p) == fixed {
		return nil
	}
	return p[fixed:]
}

// tailGGEP reads the block that is the tail of a PING, PONG or PUSH.
func tailGGEP(ext []byte) ([]ggep.Extension, error) {
	if len(ext) == 0 {
		return nil, nil
	}
	exts, _, err := ggep.Parse(ext)
	return exts, err
}

// smallPayload returns the payload of an extension that has no business to be
// deflated, using buf for undoing COBS; nil if it is deflated or malformed.
func smallPayload(e ggep.Extension, buf []byte) []byte {
	switch {
	case e.Deflated:
		return nil
	case !e.COBS:
		return e.Data
	}
	payload, err := ggep.DecodeCOBS(buf, e.Data)
	if err != nil {
		return nil
	}
	return payload
}
