package wire

// A word of two who open a path through their NATs (FLBT/1v1, of filberts alone) goes between
// a servent and its push proxy, either way. The GUID is that of their talk.
//
//	+---------------------+
//	| word                |
//	| 1..MaxPunchWord     |
//	+---------------------+

// NewPunchWord carries a word.
func NewPunchWord(word []byte) *Vendor { return &Vendor{ID: VendorPunchWord, Data: word} }

// PunchWord reads the word.
func (m *Vendor) PunchWord() ([]byte, error) {
	switch {
	case len(m.Data) == 0:
		return nil, malformed(m.Type(), "word", vendorIDLen, reasonShort)
	case len(m.Data) > MaxPunchWord:
		return nil, malformed(m.Type(), "word", vendorIDLen+MaxPunchWord, reasonLong)
	}
	return m.Data, nil
}
