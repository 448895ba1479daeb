package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestReadSeeds(t *testing.T) {
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "9.1.1.1:%d\n", i+1)
		}
		return b.String()
	}
	for _, tt := range []struct {
		name, text string
		want       []string
		fault      string
	}{
		{"nothing", "", nil, ""},
		{"comments and blanks", "# ours\n\n  9.1.1.1:7000  \r\n#9.1.1.2:7000\nservent.example:6346", []string{"9.1.1.1:7000", "servent.example:6346"}, ""},
		{"IPv6", "[2001:db8::7]:6346\n", []string{"[2001:db8::7]:6346"}, ""},
		{"no port", "9.1.1.1:7000\n9.1.1.2\n", nil, "line 2"},
		{"a line that never ends", strings.Repeat("x", 1<<20), nil, "too long"},
		{"what a terminal obeys", "\x1b[2J", nil, `\x1b`},
		{"as many as may be", many(maxSeeds), make([]string, maxSeeds), ""},
		{"one more", many(maxSeeds + 1), nil, "more than 1000"},
	} {
		file := filepath.Join(t.TempDir(), "seeds")
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := readSeeds(file)
		if tt.fault != "" {
			if err == nil || !strings.Contains(err.Error(), tt.fault) || !strings.Contains(err.Error(), file) {
				t.Errorf("%s: %v, want an error that names %s and %q", tt.name, err, file, tt.fault)
			}
			continue
		}
		if err != nil || len(got) != len(tt.want) || len(got) < maxSeeds && !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
	if _, err := readSeeds(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a file that is not there has seeds")
	}
}

// TestLoadToken makes a token once, for the user alone, and takes no short one.
func TestLoadToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	first, err := loadToken(path)
	if err != nil || len(first) != 64 {
		t.Fatalf("token %q, %v; want 256 bits", first, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v", info.Mode())
	}
	if again, err := loadToken(path); err != nil || again != first {
		t.Errorf("then %q, %v", again, err)
	}
	if other, err := loadToken(path + "2"); err != nil || other == first {
		t.Errorf("another file has the same token, %v", err)
	}
	if err := os.WriteFile(path, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := loadToken(path); err == nil || !strings.Contains(err.Error(), "damaged; remove it") {
		t.Errorf("a short token: %v", err)
	}
}
