package wire

import (
	"reflect"
	"testing"
)

func TestCapabilityLists(t *testing.T) {
	v1 := &Vendor{ID: VendorFeatures1, Data: []byte("\x01\x00WHAT\x01\x00\x01\x00IMPP\x01\x00\x00\x00")}
	if got, err := v1.Features(); err != nil || !reflect.DeepEqual(got, []Feature{{VendorCode{'W', 'H', 'A', 'T'}, 1}}) {
		t.Errorf("%v, error %v", got, err)
	}
	for _, data := range []string{"", "\x01", "\x01\x00WHAT\x01", "\x02\x00WHAT\x01\x00"} {
		if got, err := (&Vendor{Data: []byte(data)}).Features(); err == nil {
			t.Errorf("features of %q: %v", data, got)
		}
		if got, err := (&Vendor{Data: []byte(data)}).MessagesSupported(); err == nil {
			t.Errorf("messages of %q: %v", data, got)
		}
	}
}

func TestCapabilityLimit(t *testing.T) {
	for _, n := range []int{0, MaxCapabilities - 1, MaxCapabilities, MaxCapabilities + 1} {
		ids, err := NewMessagesSupported(make([]VendorID, n)...).MessagesSupported()
		if ok := n <= MaxCapabilities; ok != (err == nil) || ok && len(ids) != n {
			t.Errorf("%d of %d messages, error %v", len(ids), n, err)
		}
		features, err := NewFeatures(make([]Feature, n)...).Features()
		if ok := n <= MaxCapabilities; ok != (err == nil) || ok && len(features) != n {
			t.Errorf("%d of %d features, error %v", len(features), n, err)
		}
	}
}
