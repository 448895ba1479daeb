package wire

import "encoding/binary"

// Feature is one entry of a features message.
type Feature struct {
	Name    VendorCode
	Version uint16
}

const featureLen = 6

// NewMessagesSupported makes the message that lists the vendor messages its
// sender handles, each version an entry. List at most MaxCapabilities.
//
//	+-------+------------+-----+
//	| count | vendor id  | …
//	| 2 LE  | 8          |
//	+-------+------------+-----+
func NewMessagesSupported(ids ...VendorID) *Vendor {
	data := binary.LittleEndian.AppendUint16(nil, uint16(len(ids)))
	for _, id := range ids {
		data = id.appendTo(data)
	}
	return &Vendor{ID: VendorMessagesSupported, Data: data}
}

// MessagesSupported reads the data of a VendorMessagesSupported.
func (m *Vendor) MessagesSupported() ([]VendorID, error) {
	items, err := m.list(vendorIDLen)
	if err != nil {
		return nil, err
	}
	ids := make([]VendorID, 0, len(items)/vendorIDLen)
	for ; len(items) > 0; items = items[vendorIDLen:] {
		ids = append(ids, parseVendorID(items))
	}
	return ids, nil
}

// NewFeatures makes the message that lists the features of its sender. List at
// most MaxCapabilities.
//
//	+-------+------+---------+-----+
//	| count | name | version | …
//	| 2 LE  | 4    | 2 LE    |
//	+-------+------+---------+-----+
func NewFeatures(features ...Feature) *Vendor {
	data := binary.LittleEndian.AppendUint16(nil, uint16(len(features)))
	for _, f := range features {
		data = append(data, f.Name[:]...)
		data = binary.LittleEndian.AppendUint16(data, f.Version)
	}
	return &Vendor{ID: VendorFeatures, Data: data}
}

// Features reads the data of a VendorFeatures or VendorFeatures1, whose second
// list is left alone.
func (m *Vendor) Features() ([]Feature, error) {
	items, err := m.list(featureLen)
	if err != nil {
		return nil, err
	}
	features := make([]Feature, 0, len(items)/featureLen)
	for ; len(items) > 0; items = items[featureLen:] {
		features = append(features, Feature{
			Name:    VendorCode(items[:4]),
			Version: binary.LittleEndian.Uint16(items[4:]),
		})
	}
	return features, nil
}

// list returns the bytes of the counted list, size bytes an item, in m.Data.
func (m *Vendor) list(size int) ([]byte, error) {
	if len(m.Data) < 2 {
		return nil, malformed(m.Type(), "count", vendorIDLen, reasonShort)
	}
	count, items := int(binary.LittleEndian.Uint16(m.Data)), m.Data[2:]
	if count > MaxCapabilities {
		return nil, malformed(m.Type(), "count", vendorIDLen, reasonLong)
	}
	if count*size > len(items) {
		return nil, malformed(m.Type(), "items", vendorIDLen+2, reasonShort)
	}
	return items[:count*size], nil
}
