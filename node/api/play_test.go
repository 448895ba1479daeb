package api

import (
	"crypto/sha1"
	"errors"
	"io"
	"net/http"
	"testing"

	"filbert/transfer/urn"
)

// TestPlay plays a file of another node by its hash, and one of ours.
func TestPlay(t *testing.T) {
	asker, other := pair(t, songs)
	defer http.DefaultClient.CloseIdleConnections()
	name := urn.SHA1(sha1.Sum(songs["blue sky.ogg"].Data)).URN()
	for range 2 { // it is fetched, and then it is here
		c := serve(t, asker, nil)
		p, err := c.Play(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if p.Name != "blue sky.ogg" || p.Size != 8 || p.URN != name {
			t.Errorf("%+v is played", p)
		}
		play(t, p.URL, "la la la", "audio/ogg")
		list, err := c.Playing(t.Context())
		if err != nil || len(list) != 1 || !list[0].Whole() || list[0].URL != p.URL {
			t.Errorf("playing %+v, %v", list, err)
		}
	}
	c := serve(t, other, nil)
	p, err := c.Play(t.Context(), "magnet:?xt="+name)
	if err != nil {
		t.Fatal(err)
	}
	play(t, p.URL, "la la la", "audio/ogg")
	if n := len(other.Downloads()); n != 0 {
		t.Errorf("a file that is shared is downloaded %d times", n)
	}

	for target, status := range map[string]int{
		"99": http.StatusNotFound, "nonsense": http.StatusUnprocessableEntity, "magnet:?dn=x": http.StatusUnprocessableEntity,
	} {
		_, err := c.Play(t.Context(), target)
		if refused := (*Error)(nil); !errors.As(err, &refused) || refused.Status != status {
			t.Errorf("%s: %v, want status %d", target, err, status)
		}
	}
}

// play reads a URL as a player does.
func play(t *testing.T, url, content, kind string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || string(b) != content || res.Header.Get("Content-Type") != kind {
		t.Errorf("%s: %q of type %q, %v", url, b, res.Header.Get("Content-Type"), err)
	}
}
