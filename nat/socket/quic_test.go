package socket

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
)

// tlsConfig shows a certificate and believes any.
func tlsConfig(t testing.TB) *tls.Config {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{
		Certificates:       []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}},
		InsecureSkipVerify: true, NextProtos: []string{"echo"},
	}
}

// echo accepts one connection and returns the bytes of its stream.
func echo(ctx context.Context, l *quic.Listener) error {
	conn, err := l.Accept(ctx)
	if err != nil {
		return err
	}
	stream, err := conn.AcceptStream(ctx)
	if err != nil {
		return err
	}
	if _, err := io.Copy(stream, stream); err != nil {
		return err
	}
	stream.Close()
	<-conn.Context().Done()
	return nil
}

// chatter sends datagrams of one kind until told to stop, and counts those that the
// other side reads.
func chatter(ctx context.Context, wg *sync.WaitGroup, from net.PacketConn, to net.Addr, read net.PacketConn, b []byte) (heard *int) {
	heard = new(int)
	wg.Go(func() {
		for ctx.Err() == nil {
			from.WriteTo(b, to)
			select {
			case <-time.After(time.Millisecond):
			case <-ctx.Done():
			}
		}
	})
	wg.Go(func() {
		got := make([]byte, 100)
		for {
			n, _, err := read.ReadFrom(got)
			if err != nil {
				return
			}
			if bytes.Equal(got[:n], b) {
				*heard++
			}
		}
	})
	return heard
}

// TestQUIC has a stream echoed between two sockets on which pings and bindings flow.
func TestQUIC(t *testing.T) {
	onBoth(t, func(w *world) {
		const size = 200 << 10
		aIDs, bIDs := testIDs(1), testIDs(2)
		a, b := New(w.a, aIDs), New(w.b, bIDs)
		client := &quic.Transport{Conn: a.PacketConn(QUIC), ConnectionIDGenerator: aIDs}
		server := &quic.Transport{Conn: b.PacketConn(QUIC), ConnectionIDGenerator: bIDs}
		config := tlsConfig(w)
		l, err := server.Listen(config, nil)
		if err != nil {
			w.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
		defer cancel()
		noise, stop := context.WithCancel(ctx)
		var wg sync.WaitGroup
		pings := chatter(noise, &wg, a.PacketConn(Gnutella), w.to(w.b), b.PacketConn(Gnutella), ping)
		bindings := chatter(noise, &wg, b.PacketConn(STUN), w.to(w.a), a.PacketConn(STUN), binding)
		wg.Go(func() {
			if err := echo(ctx, l); err != nil {
				w.Error(err)
			}
		})

		conn, err := client.Dial(ctx, w.to(w.b), config, nil)
		if err != nil {
			w.Fatal(err)
		}
		stream, err := conn.OpenStreamSync(ctx)
		if err != nil {
			w.Fatal(err)
		}
		want := make([]byte, size)
		rand.Read(want)
		wg.Go(func() {
			stream.Write(want)
			stream.Close()
		})
		if got, err := io.ReadAll(stream); err != nil || !bytes.Equal(got, want) {
			w.Errorf("%d bytes came back, %v", len(got), err)
		}
		conn.CloseWithError(0, "")
		stop()
		client.Close()
		l.Close()
		server.Close()
		if _, err := a.PacketConn(STUN).WriteTo(binding, w.to(w.b)); err != nil {
			w.Errorf("after QUIC: %v", err)
		}
		a.Close()
		b.Close()
		wg.Wait()
		if *pings == 0 || *bindings == 0 {
			w.Errorf("%d pings and %d bindings heard", *pings, *bindings)
		}
		for _, s := range []*Socket{a, b} {
			st := s.Stats()
			if q := st.Kinds[QUIC]; q.Bytes < size || st.Kinds[Gnutella].Received > 0 && q.Dropped(DropUnread) > 0 {
				w.Errorf("%+v", st)
			}
		}
		// Nothing of QUIC went to who reads Gnutella: only pings are of that kind.
		if st := b.Stats().Kinds[Gnutella]; st.Bytes != st.Received*uint64(len(ping)) && st.DroppedUnread == 0 {
			w.Errorf("%+v", st)
		}
	})
}

// TestOldVersion has a client speak a version the server does not: the packet that
// offers others reaches it.
func TestOldVersion(t *testing.T) {
	onFabric(t, func(w *world) {
		ids := testIDs(1)
		a := New(w.a, ids)
		defer a.Close()
		tr := &quic.Transport{Conn: a.PacketConn(QUIC), ConnectionIDGenerator: ids}
		defer tr.Close()
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() {
			b := make([]byte, maxDatagram)
			n, from, err := w.b.ReadFrom(b)
			if err != nil {
				w.Error(err)
				return
			}
			to, rest, _ := connectionID(b[5:n])
			source, _, _ := connectionID(rest)
			w.b.WriteTo(join(bytesOf("80 00 00 00 00"), []byte{byte(len(source))}, source, []byte{byte(len(to))}, to, bytesOf("1a 2a 3a 4a")), from)
		})
		_, err := tr.Dial(w.Context(), w.to(w.b), tlsConfig(w), nil)
		var version *quic.VersionNegotiationError
		if !errors.As(err, &version) {
			w.Errorf("dial: %v", err)
		}
	})
}
