package download

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/urn"
)

// judge decides what an answer to a request for the bytes asked is good for.
// It returns the range of the file its body is, which lies in asked or, not longer
// than that, in one piece of offer, or, for an answer that is the whole file, in
// gap: the missing bytes that asked is the beginning of. Otherwise the refusal says
// what to think of the source.
func judge(answer *http.Response, file transfer.File, asked, gap ranges.Range, offer *ranges.Set) (ranges.Range, *refusal) {
	if other, ok := namesOther(answer.Header, file.SHA1); ok {
		return ranges.Range{}, refuse(lied, "has %s under this hash", other)
	}
	switch code := answer.StatusCode; code {
	case http.StatusOK, http.StatusPartialContent:
		return body(answer, file, asked, gap, offer)
	case http.StatusServiceUnavailable, statusTooOften, http.StatusConflict:
		r := refuse(busy, "is busy (%d)", code)
		r.after = retryAfter(answer.Header)
		if at := readPlace(answer.Header); at.position > 0 {
			r.err = fmt.Errorf("%w: %v", r.err, at)
			if at.after > 0 && answer.Header.Get("Retry-After") == "" {
				r.after = min(max(at.after, minRetryAfter), maxRetryAfter)
			}
		}
		return ranges.Range{}, r
	case http.StatusRequestedRangeNotSatisfiable:
		if _, size, _ := ranges.ParseContentRange(answer.Header.Get("Content-Range")); size >= 0 && size != file.Size {
			return ranges.Range{}, refuse(lied, "has %d bytes, not %d", size, file.Size)
		}
		r := refuse(busy, "does not have this part yet (%d)", code)
		r.notYet = true
		r.after = retryAfter(answer.Header)
		return ranges.Range{}, r
	case http.StatusNotAcceptable, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return ranges.Range{}, refuse(failed, "failed (%d)", code)
	default:
		return ranges.Range{}, refuse(gone, "does not give the file (%d)", code)
	}
}

// body is the range of the file that the body of a 200 or 206 is.
func body(answer *http.Response, file transfer.File, asked, gap ranges.Range, offer *ranges.Set) (ranges.Range, *refusal) {
	var none ranges.Range
	if coding := answer.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return none, refuse(gone, "sends the file encoded as %.32q", coding)
	}
	header := answer.Header.Get("Content-Range")
	if header == "" {
		switch {
		case answer.StatusCode == http.StatusPartialContent:
			return none, refuse(lied, "sends a part and does not say which")
		case answer.ContentLength >= 0 && answer.ContentLength != file.Size:
			return none, refuse(lied, "sends %d bytes for a file of %d", answer.ContentLength, file.Size)
		case asked.Start != 0:
			return none, refuse(gone, "sends the whole file only")
		}
		return gap, nil
	}
	span, size, err := ranges.ParseContentRange(header)
	switch {
	case err != nil:
		return none, refuse(lied, "sends %w", err)
	case size != file.Size:
		return none, refuse(lied, "has %d bytes, not %d", size, file.Size)
	case !asked.Contains(span) && (offer == nil || span.Len() > asked.Len() || !offer.Contains(span)):
		return none, refuse(lied, "sends %v, asked for %v", span, asked)
	case answer.ContentLength >= 0 && answer.ContentLength != span.Len():
		return none, refuse(lied, "sends %d bytes for %v", answer.ContentLength, span)
	}
	return span, nil
}

// namesOther reports whether the answer names content with another SHA-1, and
// which. Names of other kinds and unreadable ones say nothing.
func namesOther(h http.Header, want urn.SHA1) (urn.SHA1, bool) {
	for _, key := range []string{headerURN, headerURNs} {
		for _, value := range h.Values(key) {
			for name := range strings.SplitSeq(value, ",") {
				if u, err := urn.Parse(strings.TrimSpace(name)); err == nil && u.HasSHA1 && u.SHA1 != want {
					return u.SHA1, true
				}
			}
		}
	}
	return urn.SHA1{}, false
}

// retryAfter is when a busy source wants to be asked again.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseUint(strings.TrimSpace(h.Get("Retry-After")), 10, 32)
	if err != nil { // also a date: servents' clocks are anywhere
		return defaultBusyWait
	}
	return min(max(time.Duration(seconds)*time.Second, minRetryAfter), maxRetryAfter)
}
