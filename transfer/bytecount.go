package transfer

import "strconv"

// ByteCount is a number of bytes.
type ByteCount int64

// String is n for people: "0 B", "1023 B", "1.4 MiB", with powers of 1024 and
// one decimal, rounded down so that nothing looks complete before it is.
func (n ByteCount) String() string {
	const units = "KMGTPE"
	magnitude, sign := uint64(n), ""
	if n < 0 {
		magnitude, sign = -magnitude, "-"
	}
	if magnitude < 1024 {
		return sign + strconv.FormatUint(magnitude, 10) + " B"
	}
	unit, exponent := uint64(1024), 0
	for exponent+1 < len(units) && magnitude/unit >= 1024 {
		unit <<= 10
		exponent++
	}
	tenths := magnitude % unit * 10 / unit // at most 10 << 60, which fits
	return sign + strconv.FormatUint(magnitude/unit, 10) + "." + strconv.FormatUint(tenths, 10) + " " + units[exponent:exponent+1] + "iB"
}
