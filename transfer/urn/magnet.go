package urn

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

const magnetScheme = "magnet:?"

// Magnet is a link that names a file and may say where to start looking.
type Magnet struct {
	URN
	Name    string   // dn: what the link calls the file; untrusted, not a file name yet
	Size    int64    // xl: length of the file in bytes, -1 if the link does not say
	Sources []string // xs and as: URLs or URNs of sources, untrusted
	By      string   // x.by: the peer ID of who made what it names, untrusted; ours alone
}

// ParseMagnet reads a magnet link. Names in xt (or xt.1, xt.2, …) that are of
// unknown kinds are skipped; what several names say is put together. A link
// without a name and without a display name is ErrSyntax, as are two different
// hashes of one kind, a bad xl and a link beyond 4096 bytes.
func ParseMagnet(s string) (Magnet, error) {
	query, ok := cutPrefixFold(s, magnetScheme)
	if !ok || len(s) > maxMagnet {
		return Magnet{}, fmt.Errorf("magnet %.80q: %w", s, ErrSyntax)
	}
	m := Magnet{Size: -1}
	var err error
	for pair := range strings.SplitSeq(query, "&") {
		key, escaped, _ := strings.Cut(pair, "=")
		text, bad := url.QueryUnescape(escaped)
		if bad != nil {
			return Magnet{}, fmt.Errorf("magnet: parameter %.80q: %w", pair, ErrSyntax)
		}
		key, sub, _ := strings.Cut(strings.ToLower(key), ".")
		switch {
		case key == "x" && sub == "by":
			m.By = text
		case key == "xt":
			err = m.merge(text)
		case key == "dn" && m.Name == "":
			m.Name = text
		case key == "xl":
			m.Size, err = parseSize(text)
		case (key == "xs" || key == "as") && text != "" && len(m.Sources) < maxSources:
			m.Sources = append(m.Sources, text)
		}
		if err != nil {
			return Magnet{}, fmt.Errorf("magnet: %w", err)
		}
	}
	if m.URN == (URN{}) && m.Name == "" {
		return Magnet{}, fmt.Errorf("magnet without a name: %w", ErrSyntax)
	}
	return m, nil
}

// String is the link; ParseMagnet reads it back.
func (m Magnet) String() string {
	var params []string
	if name := m.URN.String(); name != "" {
		params = append(params, "xt="+name)
	}
	if m.Blake3.Known() && (m.HasSHA1 || m.Tiger.Known()) { // else it is in xt
		params = append(params, "xt.1="+prefixBlake3+m.Blake3.String())
	}
	if m.Size >= 0 {
		params = append(params, "xl="+strconv.FormatInt(m.Size, 10))
	}
	if m.Name != "" {
		params = append(params, "dn="+escape(m.Name))
	}
	for _, source := range m.Sources {
		params = append(params, "xs="+escape(source))
	}
	if m.By != "" {
		params = append(params, "x.by="+escape(m.By))
	}
	return magnetScheme + strings.Join(params, "&")
}

// merge adds what one xt says.
func (m *Magnet) merge(text string) error {
	u, err := Parse(text)
	switch {
	case errors.Is(err, ErrNamespace):
		return nil
	case err != nil:
		return err
	case u.HasSHA1 && m.HasSHA1 && u.SHA1 != m.SHA1,
		u.Tiger.Known() && m.Tiger.Known() && u.Tiger != m.Tiger,
		u.Blake3.Known() && m.Blake3.Known() && u.Blake3 != m.Blake3:
		return fmt.Errorf("two names of different files: %w", ErrSyntax)
	}
	if u.HasSHA1 {
		m.SHA1, m.HasSHA1 = u.SHA1, true
	}
	if u.Tiger.Known() {
		m.Tiger = u.Tiger
	}
	if u.Blake3.Known() {
		m.Blake3 = u.Blake3
	}
	return nil
}

// parseSize reads a number of bytes without a sign.
func parseSize(text string) (int64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("size %.24q: %w", text, ErrSyntax)
	}
	return int64(n), nil
}

// escape is text as the value of a parameter. A space becomes "%20", which
// every reader understands, where some take "+" for itself.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
