package overlay

import (
	"filbert/overlay/link"
	"filbert/overlay/wire"
)

// PassWord sends a word about a path along a link: to the neighbor with a servent GUID,
// whose push proxy we are, or to a push proxy of ours. It is for who handles such words, and
// PushAsked answers it.
type PassWord struct {
	Servent wire.GUID // whom it is for; zero: it is our answer
	Proxy   link.ID   // along which link that goes
	Talk    wire.GUID
	Word    []byte // nil: to know whether it could be sent
}

func (*PassWord) event() {}

// Word is a word about a path that a neighbor sent.
type Word struct {
	Servent wire.GUID // the neighbor, whose push proxy we are; zero: it is ours
	Proxy   link.ID   // along which link our answer goes
	Talk    wire.GUID
	Word    []byte
}

func (*Word) effect() {}
