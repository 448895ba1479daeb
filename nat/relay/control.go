package relay

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// controlKind is the first word of a control line.
type controlKind uint8

const (
	ping controlKind = 1 + iota
	pong
	renew
	renewed
	offer
	refuse
	over
)

var controlKinds = [...]string{
	ping: "PING", pong: "PONG", renew: "RENEW", renewed: "RENEWED", offer: "CIRCUIT", refuse: "REFUSE", over: "END",
}

// String returns the word as it is sent.
func (k controlKind) String() string {
	if k > 0 && int(k) < len(controlKinds) {
		return controlKinds[k]
	}
	return "controlKind(" + strconv.Itoa(int(k)) + ")"
}

// control is one line on a control connection.
type control struct {
	kind    controlKind
	circuit CircuitID      // of offer and refuse
	from    netip.AddrPort // of offer
	left    time.Duration  // of renewed
	status  Status         // of over
}

func (c control) appendTo(b []byte) []byte {
	b = append(b, c.kind.String()...)
	switch c.kind {
	case offer:
		b = append(b, " "+c.circuit.String()+" "+c.from.String()...)
	case refuse:
		b = append(b, " "+c.circuit.String()...)
	case renewed:
		b = append(b, " "+strconv.FormatInt(int64(c.left/time.Second), 10)...)
	case over:
		b = append(b, " "+strconv.Itoa(int(c.status))...)
	}
	return append(b, "\r\n"...)
}

// parseControl reads a control line. Words after those that are known are skipped, for
// later versions.
func parseControl(line string) (c control, err error) {
	words := strings.Split(line, " ")
	for k := ping; k <= over; k++ {
		if controlKinds[k] == words[0] {
			c.kind = k
		}
	}
	arg := func(i int) string {
		if i < len(words) {
			return words[i]
		}
		return ""
	}
	ok := true
	switch c.kind {
	case 0:
		ok = false
	case offer:
		c.from, err = netip.ParseAddrPort(arg(2))
		c.from = unmapped(c.from)
		ok = err == nil && parseHex(c.circuit[:], arg(1))
	case refuse:
		ok = parseHex(c.circuit[:], arg(1))
	case renewed:
		c.left, ok = seconds(arg(1))
	case over:
		c.status, ok = parseCode(arg(1))
	}
	if !ok {
		return control{}, &FormatError{"control line"}
	}
	return c, nil
}
