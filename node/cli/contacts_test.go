package cli

import (
	"testing"

	"filbert/node/api"
)

// TestIdentity shows who the node is, alone and beside another.
func TestIdentity(t *testing.T) {
	f := newFake(t)
	f.answers("GET /v1/id", api.Identity{
		PeerID: "abc", GUID: "0f", With: &api.Contact{PeerID: "xyz", Name: "kim", Trust: "known"}, Safety: "11111 22222 33333 44444",
	})
	out, said, code := f.run(t, "id", "--with", "kim")
	const want = "peer ID        abc\n" +
		"servent GUID   0f\n" +
		"with           xyz\n" +
		"petname        kim\n" +
		"trust          known\n" +
		"safety number  11111 22222\n" +
		"               33333 44444\n"
	if out != want || code != exitDone || said != "if the other side sees the same digits: `filbert contacts trust kim trusted`\n" {
		t.Errorf("exit code %d, said %q:\n%s", code, said, out)
	}
}

// TestContacts shows the book.
func TestContacts(t *testing.T) {
	f := newFake(t)
	f.answers("GET /v1/contacts", []api.Contact{{PeerID: "xyz", Name: "kim", Trust: "trusted"}, {PeerID: "abc", Trust: "blocked"}})
	out, said, code := f.run(t, "contacts")
	if out != "NAME  TRUST    PEER ID\nkim   trusted  xyz\n-     blocked  abc\n" || said != "" || code != exitDone {
		t.Errorf("exit code %d, said %q:\n%s", code, said, out)
	}
}

// TestVouches shows who vouches for a file: one with a petname before others.
func TestVouches(t *testing.T) {
	const id = "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyptl2bi"
	for _, test := range []struct {
		sources []api.Source
		want    string
	}{
		{[]api.Source{{Addr: "192.0.2.1:1"}}, "192.0.2.1:1"},
		{[]api.Source{{Addr: "192.0.2.1:1"}, {Addr: "192.0.2.2:1", PeerID: id}}, "192.0.2.2:1; aaaqeayeauda vouches"},
		{[]api.Source{{Addr: "192.0.2.1:1", PeerID: id}, {Addr: "192.0.2.2:1", PeerID: id, Name: "kim"}, {Addr: "192.0.2.3:1", PeerID: id, Name: "lee"}}, "192.0.2.2:1; kim vouches"},
	} {
		if got := host(test.sources); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}
