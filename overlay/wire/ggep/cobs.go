package ggep

import (
	"bytes"
	"slices"
)

// maxRun is the longest run of non-zero bytes one COBS code byte announces.
const maxRun = 254

// EncodeCOBS appends src to dst with its zero bytes taken out (Consistent
// Overhead Byte Stuffing). A code byte n stands for n-1 non-zero bytes that
// follow it and a zero behind them; 255 stands for 254 bytes and no zero. The
// end of data counts as a final zero, and a data ending in a full run needs no
// further code.
func EncodeCOBS(dst, src []byte) []byte {
	for {
		run := bytes.IndexByte(src, 0)
		zero := run >= 0 // a zero ends the run, not the end of data
		if !zero {
			run = len(src)
		}
		for ; run >= maxRun; run -= maxRun {
			dst = append(append(dst, maxRun+1), src[:maxRun]...)
			src = src[maxRun:]
			if len(src) == 0 {
				return dst
			}
		}
		dst = append(append(dst, byte(run+1)), src[:run]...)
		if !zero {
			return dst
		}
		src = src[run+1:]
	}
}

// DecodeCOBS appends the decoded src to dst; it never appends more than
// len(src) bytes. An empty src, a zero code or a run beyond the end is ErrCOBS
// and leaves dst as it was.
func DecodeCOBS(dst, src []byte) ([]byte, error) {
	if !validCOBS(src) {
		return dst, ErrCOBS
	}
	dst = slices.Grow(dst, len(src))
	for len(src) > 0 {
		code := int(src[0])
		dst = append(dst, src[1:code]...)
		src = src[code:]
		if code <= maxRun && len(src) > 0 {
			dst = append(dst, 0)
		}
	}
	return dst, nil
}

func validCOBS(src []byte) bool {
	if len(src) == 0 {
		return false
	}
	for len(src) > 0 {
		code := int(src[0])
		if code == 0 || code > len(src) {
			return false
		}
		src = src[code:]
	}
	return true
}
