package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"filbert/overlay/tlslink"
)

// TestNegativeSerial: every other certificate of gtk-gnutella has a negative
// serial number, which Go refuses unless main.go says otherwise.
func TestNegativeSerial(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(0x0123456789)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	serial := []byte{0x02, 5, 0x01, 0x23, 0x45, 0x67, 0x89}
	if bytes.Count(der, serial) != 1 {
		t.Fatalf("the serial number is not once in %x", der)
	}
	der[bytes.Index(der, serial)+2] = 0x81 // the signature is wrong now; nobody verifies it
	layer := tlslink.New(tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key})

	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	var errA, errB error
	var wg sync.WaitGroup
	deadline := time.Now().Add(10 * time.Second)
	wg.Go(func() {
		if _, errA = layer.Client(t.Context(), a, nil, deadline); errA != nil {
			a.Close()
		}
	})
	wg.Go(func() {
		if _, errB = layer.Server(t.Context(), b, nil, deadline); errB != nil {
			b.Close()
		}
	})
	wg.Wait()
	if err := errors.Join(errA, errB); err != nil {
		t.Error(err)
	}
}
