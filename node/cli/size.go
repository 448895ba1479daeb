package cli

import (
	"math"
	"strconv"
	"strings"
)

// parseSize reads "10M", "1.5G", "700k" or bytes; "" is 0. Units are powers of
// 1024; an i or B after them changes nothing.
func parseSize(flag, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	bad := usage("--%s %q: want a size such as 700k, 10M or 1.5G", flag, text)
	digits := strings.TrimRight(text, "kKmMgGtTiIbB ")
	unit := strings.ToLower(strings.TrimSpace(text[len(digits):]))
	unit = strings.TrimSuffix(strings.TrimSuffix(unit, "b"), "i")
	shift, ok := map[string]int{"": 0, "k": 10, "m": 20, "g": 30, "t": 40}[unit]
	n, err := strconv.ParseFloat(digits, 64)
	if !ok || err != nil || n < 0 || math.IsNaN(n) || n*float64(int64(1)<<shift) >= math.MaxInt64 {
		return 0, bad
	}
	return int64(n * float64(int64(1)<<shift)), nil
}
