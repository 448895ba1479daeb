package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"testing"
	"time"
)

func TestCertificate(t *testing.T) {
	id := newIdentity(t, 1)
	cert, err := id.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	again, err := newIdentity(t, 1).Certificate()
	if err != nil || !bytes.Equal(again.Certificate[0], cert.Certificate[0]) {
		t.Errorf("the same identity shows another certificate: %v", err)
	}
	other, err := newIdentity(t, 2).Certificate()
	if err != nil || bytes.Equal(other.Certificate[0], cert.Certificate[0]) {
		t.Errorf("another identity shows the same certificate: %v", err)
	}

	x, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	key, ok := x.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() || !key.Equal(cert.PrivateKey.(*ecdsa.PrivateKey).Public()) {
		t.Errorf("the certificate holds a %T", x.PublicKey)
	}
	if err := x.CheckSignature(x.SignatureAlgorithm, x.RawTBSCertificate, x.Signature); err != nil {
		t.Errorf("signature: %v", err)
	}
	if x.SerialNumber.Sign() <= 0 || x.SerialNumber.BitLen() > 8*serialLen {
		t.Errorf("serial number %v", x.SerialNumber)
	}
	if now := time.Now(); now.Before(x.NotBefore) || now.After(x.NotAfter) {
		t.Errorf("valid from %v to %v", x.NotBefore, x.NotAfter)
	}
	if len(x.DNSNames)+len(x.IPAddresses)+len(x.EmailAddresses) > 0 || x.Subject.String() != "CN=filbert" {
		t.Errorf("it tells of its owner: %v %v %v %v", x.Subject, x.DNSNames, x.IPAddresses, x.EmailAddresses)
	}
}
