package natlab

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// keyLogVariable names the file that programs of buildWithKeyLog write the secrets of their TLS to.
const keyLogVariable = "SSLKEYLOGFILE"

// linkFile is the file of the tree that buildWithKeyLog replaces, linkMark a line of it that is said for both ends of
// all links and lines, and keyLogCode what is added to the end.
const (
	linkFile = "overlay/identity/link.go"
	linkMark = "\tc.InsecureSkipVerify = true "

	keyLogCode = `
type keyLog struct{}

func (keyLog) Write(b []byte) (int, error) {
	f, err := os.OpenFile(os.Getenv("` + keyLogVariable + `"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.Write(b)
}
`
)

// buildWithKeyLog builds filbert as it is, but for one thing: the secrets of its links and lines go to a file, in the
// format of NSS. What ships has no such way.
func buildWithKeyLog(t *testing.T) (program string) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(root, linkFile))
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(whole), linkMark, "\tc.KeyLogWriter = keyLog{}\n"+linkMark, 1)
	changed = strings.Replace(changed, "import (\n", "import (\n\t\"os\"\n", 1) + keyLogCode
	if !strings.Contains(changed, "KeyLogWriter") {
		t.Fatalf("%s has no line that begins with %q", linkFile, linkMark)
	}
	dir := t.TempDir()
	replacement, list := filepath.Join(dir, "link.go"), filepath.Join(dir, "overlay.json")
	replaced, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, linkFile): replacement}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{replacement: []byte(changed), list: replaced} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program = filepath.Join(dir, "filbert")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", list, "-o", program, "filbert").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	return program
}

// secrets are those of a log: of each client random, by label.
type secrets map[string]map[string][]byte

func readKeyLog(t *testing.T, file string) secrets {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all := secrets{}
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) != 3 {
			continue // one that was killed had begun it
		}
		random, err1 := hex.DecodeString(words[1])
		secret, err2 := hex.DecodeString(words[2])
		if err1 != nil || err2 != nil {
			continue // likewise
		}
		if all[string(random)] == nil {
			all[string(random)] = map[string][]byte{}
		}
		all[string(random)][words[0]] = secret
	}
	return all
}
