package gwc

import (
	"net/url"
	"strings"
)

// Normal returns the one form of a cache's URL: http, lower-case host, no
// default port, a path. ok is false for what is no such URL.
func Normal(text string) (_ string, ok bool) {
	if len(text) > maxURL || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "", false
	}
	u, err := url.Parse(text)
	if err != nil || !strings.EqualFold(u.Scheme, "http") || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return "", false
	}
	u.Scheme, u.Host, u.Fragment, u.RawFragment = "http", strings.TrimSuffix(strings.ToLower(u.Host), ":80"), "", ""
	u.ForceQuery = false
	if u.Path == "" {
		u.Path = "/"
	}
	normal := u.String()
	return normal, len(normal) <= maxURL
}

// with appends parameters to a URL.
func with(base, query string) string {
	if strings.Contains(base, "?") {
		return base + "&" + query
	}
	return base + "?" + query
}
