package relay

import (
	"bufio"
	"errors"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// block is the header lines after a first line, of those names we know.
type block struct {
	nonce, relay, signature         string
	expires, keepalive, bytes, time string
}

// field returns where the value of a name is kept, nil for a name that is not known.
func (b *block) field(name string) *string {
	for _, f := range [...]struct {
		name  string
		value *string
	}{
		{headerNonce, &b.nonce}, {headerRelay, &b.relay}, {headerSignature, &b.signature}, {headerExpires, &b.expires},
		{headerKeepalive, &b.keepalive}, {headerBytes, &b.bytes}, {headerTime, &b.time},
	} {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return nil
}

// readBlock reads header lines up to and including the empty one. The error is a
// *FormatError or that of the reader.
func readBlock(r *bufio.Reader) (b block, err error) {
	left := maxBlock
	for range maxLines {
		line, err := readLine(r)
		if err != nil {
			return b, err
		}
		if line == "" {
			return b, nil
		}
		if left -= len(line) + 2; left < 0 {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			return b, &FormatError{"header line"}
		}
		switch f := b.field(name); {
		case f == nil:
		case *f != "":
			return b, &FormatError{"header block: " + name + " twice"}
		default:
			*f = strings.TrimSpace(value)
		}
	}
	return b, &FormatError{"header block: too large"}
}

// readLine reads one line of at most maxLine bytes and returns it without its end, LF
// with or without CR.
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull) || len(line) > maxLine:
		return "", &FormatError{"line: too long"}
	case errors.Is(err, io.EOF) && len(line) > 0:
		return "", io.ErrUnexpectedEOF
	case err != nil:
		return "", err
	}
	return strings.TrimSuffix(string(line[:len(line)-1]), "\r"), nil
}

func appendField(b []byte, name, value string) []byte { return append(b, name+": "+value+"\r\n"...) }

func appendNumber(b []byte, name string, n int64) []byte {
	return appendField(b, name, strconv.FormatInt(n, 10))
}

// endBlock adds the empty line.
func endBlock(b []byte) []byte { return append(b, "\r\n"...) }

// seconds reads a header of seconds, at least 1 and at most a day.
func seconds(text string) (time.Duration, bool) {
	n, ok := parseNumber(text, 24*60*60)
	return time.Duration(n) * time.Second, ok && n > 0
}

// Grant is what a circuit may carry, as the relay told both ends.
type Grant struct {
	Bytes int64 // each way
	Time  time.Duration
}

// Room is how many bytes of a caller fit through each way, TLS taken off: what a
// downloader may ask for in one circuit, headers included.
func (g Grant) Room() int64 {
	return max(0, (g.Bytes-handshakeBytes)-(g.Bytes-handshakeBytes)/recordShare)
}

func (g Grant) appendTo(b []byte) []byte {
	b = appendNumber(b, headerBytes, g.Bytes)
	return appendNumber(b, headerTime, int64(g.Time/time.Second))
}

func (b *block) grant() (g Grant, err error) {
	var ok, timeOK bool
	g.Bytes, ok = parseNumber(b.bytes, 1<<50)
	g.Time, timeOK = seconds(b.time)
	if !ok || !timeOK {
		return Grant{}, &FormatError{"limits of a circuit"}
	}
	return g, nil
}

// proof reads the headers of PROOF.
func (b *block) proof() (relay netip.AddrPort, signature []byte, err error) {
	signature = make([]byte, 64)
	relay, err = netip.ParseAddrPort(b.relay)
	if err != nil || !parseHex(signature, b.signature) {
		return netip.AddrPort{}, nil, &FormatError{"proof"}
	}
	return unmapped(relay), signature, nil
}
