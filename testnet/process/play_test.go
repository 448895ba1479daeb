package process

import (
	"bufio"
	"context"
	"crypto/sha1"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filbert/testnet/player"
	"filbert/transfer/urn"
)

// playTime is the most that players may take.
const playTime = 3 * time.Minute

// TestPlay has a browser and ffmpeg play a film from the URL that `filbert play`
// prints, which comes from another node. The command ends when all was read, or
// when it is interrupted; the URL stays.
func TestPlay(t *testing.T) {
	if p := player.Missing("ffmpeg", "ffprobe", "chromium"); p != "" {
		if os.Getenv("FILBERT_REQUIRE_ALL") == "1" {
			t.Fatalf("%s is not installed", p)
		}
		t.Skipf("%s is not installed", p)
	}
	ctx, cancel := context.WithTimeout(t.Context(), playTime)
	defer cancel()
	folder := t.TempDir()
	file := filepath.Join(folder, "evening film.mp4")
	if err := player.Make(ctx, file, time.Minute); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	owner := start(t, t.TempDir(), "--share", folder)
	viewer := start(t, t.TempDir(), "--seed", address(t, owner))
	until(t, 20*time.Second, "the film is shared and the nodes are linked", func() bool {
		return status(t, owner).Files == 1 && status(t, viewer).Neighbors == 1
	})

	name := urn.SHA1(sha1.Sum(content)).URN()
	command, url := play(ctx, t, viewer, name)
	lines, err := player.Watch(ctx, url, t.TempDir())
	if t.Logf("the browser says\n%s", strings.Join(lines, "\n")); err != nil || !player.Watched(lines) {
		t.Errorf("the film was not watched: %v", err)
	}
	if length, err := player.Length(ctx, url); err != nil || length != time.Minute {
		t.Errorf("the film is %v long, %v", length, err)
	}
	if n, err := player.Pictures(ctx, url, 50*time.Second); err != nil || n != 25 {
		t.Errorf("%d pictures in a second, %v", n, err)
	}
	got := fetch(ctx, t, url)
	if urn.SHA1(sha1.Sum(got)).URN() != name {
		t.Errorf("%d bytes of the URL are not the %d of the film", len(got), len(content))
	}
	if err := command.Wait(); err != nil {
		t.Errorf("after all was read: %v", err)
	}

	again, same := play(ctx, t, viewer, name)
	if same != url {
		t.Errorf("the URL became %s, it was %s", same, url)
	}
	if err := again.Wait(); err != nil {
		t.Errorf("all was read before: %v", err)
	}
	interrupted, other := play(ctx, t, owner, name) // nobody reads it there
	interrupted.Process.Signal(os.Interrupt)
	if interrupted.Wait(); interrupted.ProcessState.ExitCode() != 130 {
		t.Errorf("an interrupted command ends with %d", interrupted.ProcessState.ExitCode())
	}
	if got := fetch(ctx, t, other); len(got) != len(content) {
		t.Errorf("after the command ended its URL gives %d bytes", len(got))
	}
}

// play starts `filbert play` and returns it with the URL it prints.
func play(ctx context.Context, t *testing.T, n *Node, target string) (command *exec.Cmd, url string) {
	t.Helper()
	c := exec.CommandContext(ctx, program, "play", target, "--no-open", "--home", n.Home)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("no URL was printed: %q, %v; the node said:\n%s", line, err, n.Output())
	}
	return c, strings.TrimSpace(line)
}

// fetch reads all that is at a URL.
func fetch(ctx context.Context, t *testing.T, url string) []byte {
	t.Helper()
	defer http.DefaultClient.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return b
}
