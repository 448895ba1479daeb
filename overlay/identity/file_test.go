package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func keyPath(t testing.TB) string { return filepath.Join(t.TempDir(), "identity.pem") }

func TestFirstStartMakesTheKeyLaterOnesKeepIt(t *testing.T) {
	path := keyPath(t)
	if _, err := Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("load before the first start: %v", err)
	}
	first, created, err := LoadOrCreate(path, seeded(1))
	if err != nil || !created {
		t.Fatalf("first start: created %v, %v", created, err)
	}
	again, created, err := LoadOrCreate(path, seeded(2))
	if err != nil || created || again.PeerID() != first.PeerID() {
		t.Fatalf("second start: created %v, %v, %v", created, again, err)
	}
	if loaded, err := Load(path); err != nil || loaded.GUID() != first.GUID() {
		t.Fatalf("load: %v %v", loaded, err)
	}

	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("beside the key stands something: %v %v", left, err)
	}
}

func TestKeyOthersCanReadIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such modes on Windows")
	}
	path := keyPath(t)
	want, _, err := LoadOrCreate(path, seeded(1))
	if err != nil {
		t.Fatal(err)
	}
	for mode := range fs.FileMode(0o100) {
		if err := os.Chmod(path, 0o600|mode); err != nil {
			t.Fatal(err)
		}
		got, created, err := LoadOrCreate(path, seeded(2))
		if mode == 0 {
			if err != nil || got.PeerID() != want.PeerID() {
				t.Errorf("mode 0600: %v", err)
			}
			continue
		}
		if got != nil || created || !errors.Is(err, ErrExposed) || !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("mode %#o: %v", 0o600|mode, err)
		}
	}
}

// TestDamagedKeyIsNeverAnotherIdentity changes every byte of the file in eight
// ways: what is still taken is the same identity, and the file stays.
func TestDamagedKeyIsNeverAnotherIdentity(t *testing.T) {
	id := newIdentity(t, 1)
	file, err := id.encode()
	if err != nil {
		t.Fatal(err)
	}
	path := keyPath(t)
	for i := range file {
		for bit := range 8 {
			damaged := bytes.Clone(file)
			damaged[i] ^= 1 << bit
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			got, created, err := LoadOrCreate(path, seeded(2))
			switch {
			case created:
				t.Fatalf("byte %d bit %d: a new identity took the place of the damaged one", i, bit)
			case err == nil && got.PeerID() != id.PeerID():
				t.Fatalf("byte %d bit %d: loaded as somebody else", i, bit)
			case err != nil && !errors.Is(err, ErrCorrupt):
				t.Fatalf("byte %d bit %d: %v", i, bit, err)
			}
			if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, damaged) {
				t.Fatalf("byte %d bit %d: the file was touched: %v", i, bit, err)
			}
		}
	}
	for n := range file {
		if _, err := decode(file[:n]); err == nil && n < len(file)-1 {
			t.Errorf("the first %d bytes were taken for a key", n)
		}
	}
}

func TestWhatIsNoKey(t *testing.T) {
	id := newIdentity(t, 1)
	file, err := id.encode()
	if err != nil {
		t.Fatal(err)
	}
	other, err := newIdentity(t, 2).encode()
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), seeded(3))
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(ec)
	if err != nil {
		t.Fatal(err)
	}
	_, key, _ := bytes.Cut(file, []byte("\n"))
	name, _, _ := bytes.Cut(other, []byte("\n"))
	for what, file := range map[string][]byte{
		"empty":               {},
		"zeros":               make([]byte, 4096),
		"garbage":             bytes.Repeat([]byte("\x7fELF"), 100),
		"a P-256 key":         pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}),
		"a certificate":       pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		"no PKCS#8":           pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: []byte("key")}),
		"two keys":            append(bytes.Clone(file), other...),
		"another's name":      append(append(bytes.Clone(name), '\n'), key...),
		"one byte too many":   append(bytes.Repeat([]byte("\n"), maxKeyFile+1-len(file)), file...),
		"far too many":        make([]byte, 1<<20),
		"text after the key ": append(bytes.Clone(file), "x"...),
	} {
		path := keyPath(t)
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, created, err := LoadOrCreate(path, seeded(2)); !errors.Is(err, ErrCorrupt) || got != nil || created {
			t.Errorf("%s: %v, created %v, %v", what, got, created, err)
		} else if !strings.Contains(err.Error(), path) {
			t.Errorf("%s: the error does not name the file: %v", what, err)
		}
	}
	for what, file := range map[string][]byte{
		"without a name":   key,
		"with remarks":     append([]byte("my laptop\n"), file...),
		"with blank lines": append(bytes.Clone(file), "\n\n"...),
		"from Windows":     bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")),
		"exactly the cap":  append(bytes.Repeat([]byte("\n"), maxKeyFile-len(file)), file...),
	} {
		path := keyPath(t)
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := Load(path); err != nil || got.PeerID() != id.PeerID() {
			t.Errorf("%s: %v %v", what, got, err)
		}
	}
}

func TestFolderInPlaceOfTheKey(t *testing.T) {
	if _, created, err := LoadOrCreate(t.TempDir(), seeded(1)); err == nil || created {
		t.Errorf("a folder was taken for a key: %v", err)
	}
	path := filepath.Join(t.TempDir(), "none", "identity.pem")
	if _, created, err := LoadOrCreate(path, seeded(1)); !errors.Is(err, fs.ErrNotExist) || created {
		t.Errorf("no home: %v", err)
	}
}

func TestNameTakenByDanglingLink(t *testing.T) {
	path := keyPath(t)
	if err := os.Symlink(filepath.Join(t.TempDir(), "gone"), path); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	if _, created, err := LoadOrCreate(path, seeded(1)); err == nil || created {
		t.Errorf("created %v, %v", created, err)
	}
	if target, err := os.Readlink(path); err != nil || target == "" {
		t.Errorf("the link was replaced: %v", err)
	}
}

// TestStartsAtOnce lets twenty starts race for one home: they end as one.
func TestStartsAtOnce(t *testing.T) {
	path := keyPath(t)
	var wg sync.WaitGroup
	ids := make([]*Identity, 20)
	made := make([]bool, len(ids))
	for i := range ids {
		wg.Go(func() {
			var err error
			if ids[i], made[i], err = LoadOrCreate(path, seeded(byte(i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	winners := 0
	for i := range ids {
		if made[i] {
			winners++
		}
		if ids[i] == nil || ids[i].PeerID() != ids[0].PeerID() {
			t.Fatalf("start %d got another identity", i)
		}
	}
	if winners != 1 {
		t.Errorf("%d starts made the key, want 1", winners)
	}
}

// FuzzDecode: whatever the file holds, what is taken is written and read again
// as the same identity.
func FuzzDecode(f *testing.F) {
	for seed := range byte(3) {
		file, err := newIdentity(f, seed).encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
		f.Add(file[len(peerIDLine)+56+1:])
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		id, err := decode(file)
		if err != nil {
			return
		}
		again, err := id.encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decode(again); err != nil || back.PeerID() != id.PeerID() {
			t.Fatalf("written and read again: %v %v", back, err)
		}
	})
}
