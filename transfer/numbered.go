package transfer

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// Numbered is the n-th name to try for a file: "a.txt", "a (2).txt", ... It is
// at most 255 bytes long and cuts no character. A name of SafeName stays one.
func Numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > maxExtension || ext == name {
		ext = ""
	}
	stem := strings.TrimSuffix(name, ext)
	suffix := fmt.Sprintf(" (%d)%s", n, ext)
	if cut := maxName - len(suffix); len(stem) > cut {
		for cut > 0 && !utf8.RuneStart(stem[cut]) {
			cut--
		}
		stem = stem[:cut]
	}
	return stem + suffix
}
