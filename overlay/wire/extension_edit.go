package wire

import (
	"slices"

	"filbert/overlay/wire/ggep"
)

// EditGGEP returns a copy of an extension area in which the extensions called
// without are missing from its GGEP blocks, and those of add stand in place of
// their namesakes. All extensions end up in one block behind everything else,
// as readers expect it; unknown ones are kept as they are, a malformed block is
// kept as a whole. Beyond ggep.MaxExtensions nothing is added.
func EditGGEP(area []byte, without []string, add ...ggep.Extension) []byte {
	var out []byte
	var block []ggep.Extension
	for x := range Extensions(area) {
		exts, _, err := ggep.Parse(x.Raw)
		if x.Kind != ExtGGEP || err != nil {
			out = append(appendSeparator(out), x.Raw...)
			continue
		}
		for _, e := range exts {
			replaced := slices.ContainsFunc(add, func(a ggep.Extension) bool { return a.ID == e.ID })
			if !replaced && !slices.Contains(without, e.ID) {
				block = append(block, e)
			}
		}
	}
	block = append(block, add...)
	return AppendGGEP(out, block[:min(len(block), ggep.MaxExtensions)]...)
}
