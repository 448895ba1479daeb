package keyword

import (
	"slices"
	"unicode/utf8"
)

// latin is the block of the Latin alphabet, ASCII digits included.
const latin = 0

// blockStarts lists where a block of letters begins; each ends where the next
// one begins. What lies before the first is Latin. Blocks whose characters do
// not survive normalisation (symbols, presentation forms) are not told apart.
var blockStarts = [...]rune{
	0x0370,  // Greek
	0x0400,  // Cyrillic
	0x0500,  // Cyrillic Supplement
	0x0530,  // Armenian
	0x0590,  // Hebrew
	0x0600,  // Arabic
	0x0700,  // Syriac
	0x0750,  // Arabic Supplement
	0x0780,  // Thaana
	0x07C0,  // NKo
	0x0800,  // Samaritan
	0x0840,  // Mandaic
	0x0860,  // Syriac Supplement
	0x0870,  // Arabic Extended-B
	0x08A0,  // Arabic Extended-A
	0x0900,  // Devanagari
	0x0980,  // Bengali
	0x0A00,  // Gurmukhi
	0x0A80,  // Gujarati
	0x0B00,  // Oriya
	0x0B80,  // Tamil
	0x0C00,  // Telugu
	0x0C80,  // Kannada
	0x0D00,  // Malayalam
	0x0D80,  // Sinhala
	0x0E00,  // Thai
	0x0E80,  // Lao
	0x0F00,  // Tibetan
	0x1000,  // Myanmar
	0x10A0,  // Georgian
	0x1100,  // Hangul Jamo
	0x1200,  // Ethiopic
	0x1380,  // Ethiopic Supplement
	0x13A0,  // Cherokee
	0x1400,  // Canadian Aboriginal Syllabics
	0x1680,  // Ogham
	0x16A0,  // Runic
	0x1700,  // Tagalog
	0x1720,  // Hanunoo
	0x1740,  // Buhid
	0x1760,  // Tagbanwa
	0x1780,  // Khmer
	0x1800,  // Mongolian
	0x18B0,  // Canadian Aboriginal Syllabics Extended
	0x1900,  // Limbu
	0x1950,  // Tai Le
	0x1980,  // New Tai Lue
	0x19E0,  // Khmer Symbols
	0x1A00,  // Buginese
	0x1A20,  // Tai Tham
	0x1AB0,  // Combining Diacritical Marks Extended
	0x1B00,  // Balinese
	0x1B80,  // Sundanese
	0x1BC0,  // Batak
	0x1C00,  // Lepcha
	0x1C50,  // Ol Chiki
	0x1C80,  // Cyrillic Extended-C
	0x1C90,  // Georgian Extended
	0x1CC0,  // Sundanese Supplement
	0x1CD0,  // Vedic Extensions
	0x1D00,  // Phonetic Extensions
	0x1DC0,  // Combining Diacritical Marks Supplement
	0x1E00,  // Latin Extended Additional
	0x1F00,  // Greek Extended
	0x2000,  // punctuation and symbols
	0x2C00,  // Glagolitic
	0x2C60,  // Latin Extended-C
	0x2C80,  // Coptic
	0x2D00,  // Georgian Supplement
	0x2D30,  // Tifinagh
	0x2D80,  // Ethiopic Extended
	0x2DE0,  // Cyrillic Extended-A
	0x2E00,  // Supplemental Punctuation, radicals
	0x3000,  // CJK Symbols and Punctuation
	0x3040,  // Hiragana
	0x30A0,  // Katakana
	0x3100,  // Bopomofo
	0x3130,  // Hangul Compatibility Jamo
	0x3190,  // Kanbun
	0x31A0,  // Bopomofo Extended
	0x31C0,  // CJK Strokes
	0x31F0,  // Katakana Phonetic Extensions
	0x3200,  // enclosed letters
	0x3400,  // CJK Unified Ideographs Extension A
	0x4DC0,  // Yijing Hexagram Symbols
	0x4E00,  // CJK Unified Ideographs
	0xA000,  // Yi Syllables
	0xA490,  // Yi Radicals
	0xA4D0,  // Lisu
	0xA500,  // Vai
	0xA640,  // Cyrillic Extended-B
	0xA6A0,  // Bamum
	0xA700,  // Modifier Tone Letters
	0xA720,  // Latin Extended-D
	0xA800,  // Syloti Nagri
	0xA830,  // Common Indic Number Forms
	0xA840,  // Phags-pa
	0xA880,  // Saurashtra
	0xA8E0,  // Devanagari Extended
	0xA900,  // Kayah Li
	0xA930,  // Rejang
	0xA960,  // Hangul Jamo Extended-A
	0xA980,  // Javanese
	0xA9E0,  // Myanmar Extended-B
	0xAA00,  // Cham
	0xAA60,  // Myanmar Extended-A
	0xAA80,  // Tai Viet
	0xAAE0,  // Meetei Mayek Extensions
	0xAB00,  // Ethiopic Extended-A
	0xAB30,  // Latin Extended-E
	0xAB70,  // Cherokee Supplement
	0xABC0,  // Meetei Mayek
	0xAC00,  // Hangul Syllables
	0xD7B0,  // Hangul Jamo Extended-B
	0xE000,  // private use
	0xF900,  // CJK Compatibility Ideographs
	0xFB00,  // presentation forms
	0x10000, // historic scripts
	0x20000, // CJK Unified Ideographs Extension B
	0x2A700, // CJK Unified Ideographs Extension C
	0x2B740, // CJK Unified Ideographs Extension D
	0x2B820, // CJK Unified Ideographs Extension E
	0x2CEB0, // CJK Unified Ideographs Extension F
	0x2EBF0, // CJK Unified Ideographs Extension I
	0x2F800, // CJK Compatibility Ideographs Supplement
	0x30000, // CJK Unified Ideographs Extension G
	0x31350, // CJK Unified Ideographs Extension H
	0x32000, // unassigned
}

// blockOf returns a number for the Unicode block of r. The Latin blocks share
// one: their letters make up the same words.
func blockOf(r rune) int {
	if r < utf8.RuneSelf {
		return latin
	}
	i, found := slices.BinarySearch(blockStarts[:], r)
	if found {
		i++
	}
	if i == 0 {
		return latin
	}
	switch blockStarts[i-1] {
	case 0x1D00, 0x1E00, 0x2C60, 0xA720, 0xAB30:
		return latin
	}
	return i
}
