package upload

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// TestChangeWhileSending changes a file when its head was sent. The answer must
// not become whole.
func TestChangeWhileSending(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"written to": func(path string) error {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt([]byte("changed"), large-1000)
			return errors.Join(err, f.Close())
		},
		"truncated": func(path string) error { return os.Truncate(path, large/2) },
		"emptied":   func(path string) error { return os.Truncate(path, 0) },
		"grown":     func(path string) error { return os.Truncate(path, large+1) },
		"touched":   func(path string) error { return os.Chtimes(path, time.Time{}, time.Now()) },
	} {
		s, target := shareLarge(t, Config{})
		p := s.dial()
		res := p.begin(target)
		if err := change(filepath.Join(s.dir, "large.bin")); err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, res.Body); err == nil {
			t.Errorf("%s: the whole file came, %d bytes more", name, n)
		}
		if refused := s.Stats().Refused; refused[CutChanged] != 1 {
			t.Errorf("%s: counted %v", name, refused)
		}
		if len(s.Uploads()) != 0 {
			t.Errorf("%s: the upload is still listed", name)
		}
	}
}

// TestReplacedWhileSending deletes and replaces a file: what was opened is still
// what was hashed, and is sent to its end.
func TestReplacedWhileSending(t *testing.T) {
	s, target := shareLarge(t, Config{})
	res := s.dial().begin(target)
	path := filepath.Join(s.dir, "large.bin")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	put(t, path, "another")
	if n, err := io.Copy(io.Discard, res.Body); n != large-1000 || err != nil {
		t.Errorf("%d bytes more came, %v", n, err)
	}
}

// counter is a listener whose connections count what they are given to send by
// sendfile, or hide that they could.
type counter struct {
	net.Listener
	fromFile *atomic.Int64
	hide     bool
}

type countedConn struct {
	guest
	fromFile *atomic.Int64
}

func (c countedConn) ReadFrom(r io.Reader) (int64, error) {
	part, ok := r.(*io.LimitedReader)
	if !ok {
		return c.guest.ReadFrom(r)
	}
	_, file := part.R.(*os.File)
	n, err := c.guest.ReadFrom(r)
	if file {
		c.fromFile.Add(n)
	}
	return n, err
}

func (c counter) Accept() (net.Conn, error) {
	accepted, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if c.hide {
		return struct{ net.Conn }{accepted}, nil
	}
	return countedConn{accepted.(guest), c.fromFile}, nil
}

// TestSendfileIsUsed checks that the connection is given the file itself, which
// is what makes the net package use sendfile.
func TestSendfileIsUsed(t *testing.T) {
	var fromFile atomic.Int64
	content := captured("sendfile", 3*pieceSize+12345)
	s := share(t, map[string]string{"f": content}, Config{}, func(l net.Listener) net.Listener {
		return counter{Listener: l, fromFile: &fromFile}
	})
	p := s.dial()
	p.get(n2r(content))
	if res := p.want(http.StatusOK); res.content != content {
		t.Error("the file came over wrong")
	}
	const sniffed = 512 // bytes net/http sends along with the head
	if n := fromFile.Load(); n != int64(len(content)-sniffed) {
		t.Errorf("%d of %d bytes went by sendfile", n, len(content))
	}
}

// TestConnectionWithoutSendfile sends over a connection that is not TCP.
func TestConnectionWithoutSendfile(t *testing.T) {
	content := captured("copy", pieceSize+1)
	s := share(t, map[string]string{"f": content}, Config{}, func(l net.Listener) net.Listener {
		return counter{Listener: l, hide: true}
	})
	p := s.dial()
	p.get(n2r(content), "Range: bytes=1-")
	if res := p.want(http.StatusPartialContent); res.content != content[1:] {
		t.Error("the file came over wrong")
	}
}

func BenchmarkUpload(b *testing.B) {
	for name, hide := range map[string]bool{"sendfile": false, "copy": true} {
		b.Run(name, func(b *testing.B) {
			var fromFile atomic.Int64
			content := captured("bench", large)
			s := share(b, map[string]string{"f": content}, Config{}, func(l net.Listener) net.Listener {
				return counter{Listener: l, fromFile: &fromFile, hide: hide}
			})
			p := s.dial()
			p.SetDeadline(time.Now().Add(10 * time.Minute))
			target := n2r(content)
			buf := make([]byte, 1<<20)
			b.SetBytes(large)
			b.ReportAllocs()
			for b.Loop() {
				p.get(target)
				res, err := http.ReadResponse(p.r, nil)
				if err != nil {
					b.Fatal(err)
				}
				if n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, res.Body, buf); n != large || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}
