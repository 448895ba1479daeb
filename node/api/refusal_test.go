package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"filbert/node"
	"filbert/overlay"
	"filbert/overlay/handshake"
	"filbert/overlay/identity"
	"filbert/query/flood"
	"filbert/transfer/download"
	"filbert/transfer/library"
	"filbert/transfer/store"
	"filbert/transfer/urn"
)

// TestFailures maps what can go wrong to the status that commands take their
// exit code from, and to words that say what to do.
func TestFailures(t *testing.T) {
	addr := netip.MustParseAddrPort("9.1.1.1:7000")
	link := func(err error) error { return linkFailure(addr, err) }
	for _, tt := range []struct {
		of    func(error) error
		err   error
		code  int
		words string
	}{
		{getFailure, node.ErrNoResult, 404, "search again"},
		{getFailure, node.ErrNotFound, 404, "nobody was found"},
		{getFailure, download.ErrUnknown, 404, ""},
		{getFailure, errTarget, 422, "magnet"},
		{getFailure, errNoHash, 422, "SHA-1"},
		{getFailure, urn.ErrSyntax, 422, ""},
		{getFailure, node.ErrUnhashed, 422, "could not be verified"},
		{getFailure, download.ErrConflict, 409, ""},
		{getFailure, store.ErrConflict, 409, ""},
		{getFailure, &store.SpaceError{Need: 7, Have: 3}, 507, "7 bytes needed, 3 bytes free; free some, or name another folder"},
		{getFailure, download.ErrTooMany, 503, ""},
		{getFailure, node.ErrNoDownloads, 503, "no folder"},
		{getFailure, errors.New("disk on fire\x1b[2J"), 500, "disk on fire"},
		{shareFailure, &library.RefusedError{Dir: "/"}, 403, "is not shared"},
		{shareFailure, library.ErrOverlap, 409, "overlaps"},
		{shareFailure, library.ErrNotShare, 404, ""},
		{shareFailure, fs.ErrNotExist, 404, ""},
		{shareFailure, fs.ErrPermission, 403, "let the user that runs the node read it"},
		{shareFailure, library.ErrClosed, 503, ""},
		{shareFailure, errors.New("odd"), 500, "odd"},
		{collectFailure, node.ErrNotFolder, 422, "filbert magnet"},
		{folderFailure, node.ErrNotSigned, 412, "not signed"},
		{folderFailure, node.ErrNoCollection, 422, "no collection"},
		{folderFailure, node.ErrNotHere, 404, ""},
		{collectFailure, node.ErrNoneShared, 422, "no file that is shared"},
		{collectFailure, node.ErrLongCollection, 422, "publish the folders in it"},
		{collectFailure, node.ErrRelative, 422, "not absolute"},
		{collectFailure, node.ErrNoCollections, 503, "no folder"},
		{collectFailure, library.ErrNotShare, 404, ""},
		{link, overlay.ErrClosed, 503, "stopping"},
		{link, &handshake.RefusedError{Code: 503, Text: "full\x1b[2J"}, 502, "9.1.1.1:7000 refused: full"},
		{link, context.DeadlineExceeded, 504, "did not answer in time"},
		{link, errors.New("reset"), 502, "no link to 9.1.1.1:7000: node: get: reset"},
		{browseFailure, &flood.BrowseError{Status: 429, After: time.Minute}, 429, "too often of late; it may be asked again in 1m0s"},
		{browseFailure, &flood.BrowseError{Status: 403}, 403, "does not let itself be browsed"},
		{browseFailure, &flood.BrowseError{Status: 404}, 502, "does not offer browsing"},
		{browseFailure, os.ErrDeadlineExceeded, 504, ""},
		{browseFailure, errors.New("odd\x1b"), 502, "odd"},
		{failure, overlay.ErrClosed, 503, "stopping"},
		{failure, context.DeadlineExceeded, 504, ""},
		{failure, errors.New("odd\x1b"), 500, "odd"},
	} {
		wrapped := tt.of(fmt.Errorf("node: get: %w", tt.err))
		var got huma.StatusError
		if !errors.As(wrapped, &got) || got.GetStatus() != tt.code || !strings.Contains(got.Error(), tt.words) {
			t.Errorf("%v: %v, want status %d and %q", tt.err, wrapped, tt.code, tt.words)
		}
		if strings.Contains(wrapped.Error(), "\x1b") {
			t.Errorf("%q is not escaped", wrapped.Error())
		}
	}
	for _, of := range []func(error) error{getFailure, shareFailure, link, failure} {
		if err := of(nil); err != nil {
			t.Errorf("no error became %v", err)
		}
	}
}

// TestRefusals sends requests that make no sense.
func TestRefusals(t *testing.T) {
	n := open(t, 1, nil)
	stranger := identity.PeerID{7}.String()
	addr := serveTCP(t, n, "", nil).String()
	defer http.DefaultClient.CloseIdleConnections()
	for _, tt := range []struct {
		request, body string
		status        int
		detail        string
	}{
		{"GET /v1/search", "", 422, "no word of at least 3"},
		{"GET /v1/search?new=true&words=blue", "", 422, "leave these out"},
		{"GET /v1/browse", "", 422, "host"},
		{"GET /v1/browse?host=nowhere", "", 422, "want HOST:PORT"},
		{"GET /v1/browse?host=9.1.1.1:0", "", 422, "want HOST:PORT"},
		{"GET /v1/browse?host=99", "", 404, "no such result"},
		{"GET /v1/browse?host=99&limit=10001", "", 422, "limit"},
		{"GET /v1/search?words=ab", "", 422, "no word of at least 3"},
		{"GET /v1/search?words=urn:sha1:ABC", "", 422, "32 characters"},
		{"GET /v1/search?words=urn:ttroot:" + strings.Repeat("A", 39), "", 422, "by its SHA-1"},
		{"GET /v1/search?words=blue&color=red", "", 422, "color"},
		{"GET /v1/search?words=blue&hops=16", "", 422, "hops"},
		{"GET /v1/search?words=blue&limit=10001", "", 422, "limit"},
		{"GET /v1/search?words=blue&type=movie", "", 422, "movie"},
		{"GET /v1/search?words=blue&wait=11m", "", 422, "wait"},
		{"GET /v1/search?words=blue&min_size=2&max_size=1", "", 422, "minimum"},
		{"GET /v1/search?words=" + strings.Repeat("x", 1025), "", 422, "1024"},
		{"GET /v1/results/1", "", 404, "search again"},
		{"GET /v1/results/one", "", 422, "number"},
		{"POST /v1/peers", `{"addr":"servent.example:6346"}`, 422, "want IP:PORT"},
		{"POST /v1/peers", `{"addr":"9.1.1.1:0"}`, 422, "want IP:PORT"},
		{"POST /v1/peers", `{"addr":"9.1.1.1:1","more":1}`, 422, "more"},
		{"POST /v1/peers", `{`, 400, ""},
		{"POST /v1/peers", `{"addr":"` + strings.Repeat("x", maxBody) + `"}`, 413, "longer than"},
		{"DELETE /v1/peers/9.1.1.1:7000", "", 404, "no link to"},
		{"GET /v1/id?with=kim", "", 404, "no peer of that name"},
		{"GET /v1/id?with=" + strings.Repeat("a", 56), "", 422, "check characters"},
		{"GET /v1/id?with=99", "", 404, "no such result"},
		{"GET /v1/id?with=192.0.2.1:6346", "", 404, "did not tell its peer ID"},
		{"GET /v1/id?with=000102030405060708090a0b0c0d0e0f", "", 404, "did not tell its peer ID"},
		{"GET /v1/id?with=" + n.PeerID().String(), "", 422, "this node itself"},
		{"PUT /v1/contacts/" + stranger, `{"name":"192.0.2.1:6346"}`, 422, "must begin with a letter"},
		{"PUT /v1/contacts/" + stranger, `{"name":"kim\u202e"}`, 422, "only letters"},
		{"PUT /v1/contacts/" + stranger, `{"trust":"a bit"}`, 422, "trust"},
		{"PUT /v1/contacts/" + n.PeerID().String(), `{"name":"me"}`, 422, "this node itself"},
		{"PUT /v1/contacts/kim", `{"trust":"known"}`, 404, "no peer of that name"},
		{"DELETE /v1/contacts/" + stranger, "", 404, "not in the book"},
		{"PUT /v1/groups/family/limit", `{"slots":257}`, 422, "slots"},
		{"PUT /v1/groups/family/limit", `{"up_kib":-1}`, 422, "up_kib"},
		{"PUT /v1/groups/family/limit", `{"up_kib":100}`, 404, "no such group"},
		{"POST /v1/downloads", `{"target":"1","output":"relative"}`, 422, "absolute"},
		{"POST /v1/downloads", `{"target":"nonsense"}`, 422, "want the number of a result"},
		{"POST /v1/downloads", `{"target":"magnet:?dn=x"}`, 422, "no SHA-1"},
		{"POST /v1/folders", `{}`, 422, "want numbers of results"},
		{"POST /v1/folders", `{"targets":["99"]}`, 404, "no such result"},
		{"POST /v1/folders", `{"targets":["nonsense"]}`, 422, "want numbers of results"},
		{"POST /v1/folders", `{"targets":["magnet:?xt=urn:sha1:KDCXMG3YLXQIVA2DRN5VRYXS3QX7B2B2"]}`, 422, "how long"},
		{"POST /v1/folders", `{"targets":["magnet:?dn=x"]}`, 422, "no SHA-1"},
		{"POST /v1/folders", `{"collection":"hello"}`, 422, "line 1: want a magnet link"},
		{"GET /v1/folders/nothing", "", 404, "no such folder"},
		{"DELETE /v1/folders/..%2F..", "", 404, "no such folder"},
		{"GET /v1/downloads/nonsense/events", "", 422, "urn:sha1"},
		{"DELETE /v1/downloads/KDCXMG3YLXQIVA2DRN5VRYXS3QX7B2B2", "", 404, "there is no download"},
		{"POST /v1/messages", `{"to":"kim","text":"hello"}`, 503, "no messages"},
		{"GET /v1/conversations", ``, 503, "no messages"},
		{"GET /v1/messages/events", ``, 503, "no messages"},
		{"POST /v1/shares", `{"dir":"relative"}`, 422, "absolute"},
		{"POST /v1/shares", `{"dir":"/"}`, 403, "not shared"},
		{"DELETE /v1/shares?dir=/nowhere", "", 404, "not a shared folder"},
		{"GET /v1/shares/check?dir=relative", "", 422, "absolute"},
		{"GET /v1/nothing", "", 404, ""},
		{"GET /v1/stop", "", 405, ""}, // nothing changes by GET
		{"GET /v1/shares/rescan", "", 405, ""},
	} {
		method, target, _ := strings.Cut(tt.request, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+addr+target, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var answered *Error
		if err := readError(resp); resp.StatusCode != tt.status || !errors.As(err, &answered) || !strings.Contains(answered.Detail, tt.detail) {
			t.Errorf("%.60s %.40s: %d, %v; want %d and %q", tt.request, tt.body, resp.StatusCode, err, tt.status, tt.detail)
		}
		resp.Body.Close()
	}
}

// TestDocument reads the description of the API: OpenAPI 3.1, with every
// operation that the client calls, and nothing that changes by GET.
func TestDocument(t *testing.T) {
	addr := serveTCP(t, open(t, 1, nil), "", nil).String()
	defer http.DefaultClient.CloseIdleConnections()
	resp, err := http.Get("http://" + addr + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var doc struct {
		OpenAPI string                    `json:"openapi"`
		Paths   map[string]map[string]any `json:"paths"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatalf("OpenAPI %q, %v", doc.OpenAPI, err)
	}
	var got []string
	for path, methods := range doc.Paths {
		for method := range methods {
			got = append(got, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(got)
	want := []string{
		"DELETE /v1/contacts/{peer}", "DELETE /v1/conversations/{peer}", "DELETE /v1/downloads/{sha1}", "DELETE /v1/folders/{name}", "DELETE /v1/groups/{group}", "DELETE /v1/groups/{group}/follows/{name}", "DELETE /v1/groups/{group}/invites/{invite}", "DELETE /v1/groups/{group}/members/{peer}", "DELETE /v1/groups/{group}/messages", "DELETE /v1/peers/{addr}", "DELETE /v1/shares",
		"GET /v1/browse", "GET /v1/contacts", "GET /v1/conversations", "GET /v1/conversations/{peer}", "GET /v1/doctor", "GET /v1/downloads", "GET /v1/downloads/events", "GET /v1/downloads/{sha1}/events", "GET /v1/events", "GET /v1/events/stream", "GET /v1/explain", "GET /v1/folders", "GET /v1/folders/{name}", "GET /v1/groups", "GET /v1/groups/{group}", "GET /v1/groups/{group}/invites", "GET /v1/groups/{group}/messages", "GET /v1/id", "GET /v1/magnet", "GET /v1/messages/events", "GET /v1/peers", "GET /v1/play", "GET /v1/publications", "GET /v1/publications/events", "GET /v1/results", "GET /v1/results/{number}",
		"GET /v1/search", "GET /v1/shares", "GET /v1/shares/check", "GET /v1/status", "GET /v1/uploads", "GET /v1/version",
		"POST /v1/collections", "POST /v1/conversations/{peer}/read", "POST /v1/downloads", "POST /v1/folders", "POST /v1/groups", "POST /v1/groups/join", "POST /v1/groups/{group}/follows", "POST /v1/groups/{group}/invites", "POST /v1/groups/{group}/messages", "POST /v1/groups/{group}/messages/read", "POST /v1/groups/{group}/publications", "POST /v1/groups/{group}/rotate", "POST /v1/messages", "POST /v1/peers", "POST /v1/play", "POST /v1/shares", "POST /v1/shares/rescan", "POST /v1/stop", "PUT /v1/contacts/{peer}", "PUT /v1/groups/{group}/limit", "PUT /v1/groups/{group}/members/{peer}",
	}
	if !slices.Equal(got, want) {
		t.Errorf("operations\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
