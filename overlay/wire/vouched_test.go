package wire

import (
	"bytes"
	"encoding/hex"
	"testing"

	"filbert/overlay/wire/ggep"
)

// vouched is an extension with bytes that GGEP must encode, and without.
func vouched(fill byte) (v Vouched) {
	for i := range v.Peer {
		v.Peer[i] = byte(i) * fill
	}
	for i := range v.Signature {
		v.Signature[i] = byte(0xff - i*int(fill))
	}
	return v
}

// TestVouched tells who vouches for a hit and reads it again; what is not as it must be
// says nothing.
func TestVouched(t *testing.T) {
	for _, fill := range []byte{0, 1} {
		v := vouched(fill)
		hit := QueryHit{Records: []Record{{Name: "a"}}, Trailer: NewTrailer(VendorCode{'T', 'E', 'S', 'T'}, 0, ggep.Extension{ID: ggep.Browse}, v.Extension())}
		bare := hit
		bare.Trailer = NewTrailer(VendorCode{'T', 'E', 'S', 'T'}, 0, ggep.Extension{ID: ggep.Browse})
		payload := hit.AppendTo(nil)
		if more := len(payload) - len(bare.AppendTo(nil)); more > VouchedLen {
			t.Errorf("it takes %d bytes, more than %d", more, VouchedLen)
		}
		m, err := Parse(TypeQueryHit, payload)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := m.(*QueryHit).Trailer.Vouched(); !ok || got != v {
			t.Errorf("read %t %+v, want %+v", ok, got, v)
		}
		if _, ok := bare.Trailer.Vouched(); ok {
			t.Error("nobody vouches, and somebody is read")
		}
	}
	v := vouched(1)
	whole := v.Extension().Data
	for name, data := range map[string][]byte{"empty": {}, "cut": whole[:95], "too long": append(bytes.Clone(whole), 1), "a key alone": whole[:32]} {
		trailer := NewTrailer(VendorCode{'T', 'E', 'S', 'T'}, 0, ggep.Extension{ID: ggep.Vouched, Data: data})
		if got, ok := trailer.Vouched(); ok || got != (Vouched{}) {
			t.Errorf("%s: read %+v", name, got)
		}
	}
}

// signedRecords is a file with all there is to tell of it, and one without a hash.
func signedRecords() []Record {
	var roots Roots
	roots.Tiger[0], roots.Blake3[31] = 2, 3
	ext := AppendSHA1(nil, [20]byte{1})
	return []Record{
		{Index: 7, Size: 5 << 32, Name: "Blue Sky.ogg", Ext: AppendGGEP(ext, append(roots.Append(nil), LargeFile(5<<32))...)},
		{Index: 8, Size: 1, Name: "ä"},
	}
}

// TestSigned pins what is signed, which can never change, and holds that nothing of it can
// be changed without being seen. It is the same for who told the hit and for who read it.
func TestSigned(t *testing.T) {
	const want = "66696c6265727420686974203100" + "000102030405060708090a0b0c0d0e0f" +
		"0000000500000000" + "0100000000000000000000000000000000000000" + "020000000000000000000000000000000000000000000000" +
		"0000000000000000000000000000000000000000000000000000000000000003" + "000c" + "426c756520536b792e6f6767" +
		"0000000000000001" + "0000000000000000000000000000000000000000" + "000000000000000000000000000000000000000000000000" +
		"0000000000000000000000000000000000000000000000000000000000000000" + "0002" + "c3a4"
	guid := GUID{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	if got := hex.EncodeToString(AppendSigned(nil, guid, signedRecords())); got != want {
		t.Errorf("signed is\n%s, want\n%s", got, want)
	}
	hit := QueryHit{Records: signedRecords(), Servent: guid}
	m, err := Parse(TypeQueryHit, hit.AppendTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(AppendSigned(nil, guid, m.(*QueryHit).Records)); got != want {
		t.Errorf("as it is read\n%s, want\n%s", got, want)
	}
	for name, change := range map[string]func(r []Record) []Record{
		"size":        func(r []Record) []Record { r[1].Size++; return r },
		"name":        func(r []Record) []Record { r[0].Name = "Blue Sky.exe"; return r },
		"hash":        func(r []Record) []Record { r[1].Ext = AppendSHA1(nil, [20]byte{9}); return r },
		"no roots":    func(r []Record) []Record { r[0].Ext = AppendSHA1(nil, [20]byte{1}); return r },
		"order":       func(r []Record) []Record { return []Record{r[1], r[0]} },
		"one of both": func(r []Record) []Record { return r[:1] },
	} {
		if got := hex.EncodeToString(AppendSigned(nil, guid, change(signedRecords()))); got == want {
			t.Errorf("%s: changed and not seen", name)
		}
	}
	// What does not belong to the files is free.
	free := signedRecords()
	free[0].Index++
	if got := hex.EncodeToString(AppendSigned(nil, guid, free)); got != want {
		t.Error("the index is signed")
	}
}

// FuzzVouched reads trailers: what is read is written and read again, and what would be
// signed of a hit is bounded by it.
func FuzzVouched(f *testing.F) {
	v := vouched(1)
	whole := QueryHit{Records: signedRecords(), Trailer: NewTrailer(VendorCode{'T', 'E', 'S', 'T'}, 0, v.Extension()), Servent: GUID{1}}
	f.Add(whole.AppendTo(nil))
	f.Add(whole.AppendTo(nil)[:60])
	f.Fuzz(func(t *testing.T, payload []byte) {
		if len(payload) > MaxPayload {
			return
		}
		m, err := Parse(TypeQueryHit, payload)
		if err != nil {
			return
		}
		hit := m.(*QueryHit)
		if signed := AppendSigned(nil, hit.Servent, hit.Records); len(signed) > len(payload)+len(signedDomain)+len(hit.Records)*(8+20+24+32+2) {
			t.Errorf("%d bytes are signed of %d", len(signed), len(payload))
		}
		got, ok := hit.Trailer.Vouched()
		if !ok {
			return
		}
		trailer := NewTrailer(VendorCode{'T', 'E', 'S', 'T'}, 0, got.Extension())
		if again, ok := trailer.Vouched(); !ok || again != got {
			t.Errorf("%+v, again %+v", got, again)
		}
	})
}
