package process

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"filbert/testnet/player"
	"filbert/transfer/urn"
)

// playTime is the most that players may take.
const playTime = 3 * time.Minute

// arrives is how long the film takes to come.
const arrives = 8 * time.Second

// TestPlay has a browser and ffmpeg play a film from the URL that `filbert play`
// prints, while it comes slowly from another node. The command ends when all was read, or
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
	owner := start(t, t.TempDir(), "--share", folder, "--limit-lan", "--upload-limit", strconv.Itoa(len(content)>>10/int(arrives.Seconds())))
	viewer := start(t, t.TempDir(), "--seed", address(t, owner))
	until(t, 20*time.Second, "the film is shared and the nodes are linked", func() bool {
		return status(t, owner).Files == 1 && status(t, viewer).Neighbors == 1
	})

	name := urn.SHA1(sha1.Sum(content)).URN()
	link := urn.Magnet{
		URN: urn.URN{SHA1: sha1.Sum(content), HasSHA1: true}, Name: "evening film.mp4", Size: int64(len(content)),
		Sources: []string{"http://" + address(t, owner) + "/uri-res/N2R?" + name},
	}
	command, url := play(ctx, t, viewer, link.String())
	end := int64(len(content)) - 1000
	if got := fetch(ctx, t, url, end); !bytes.Equal(got, content[end:]) {
		t.Errorf("the end of the film is %d other bytes", len(got))
	}
	if all, err := viewer.Downloads(ctx); err != nil || len(all) != 1 {
		t.Errorf("downloads %+v, %v", all, err)
	} else {
		t.Logf("the end was read when the film was %s, %d of %d bytes here", all[0].State, all[0].Have, all[0].Size)
	}
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
	got := fetch(ctx, t, url, 0)
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
	if got := fetch(ctx, t, other, 0); len(got) != len(content) {
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

// fetch reads what is at a URL, from a byte on.
func fetch(ctx context.Context, t *testing.T, url string, from int64) []byte {
	t.Helper()
	defer http.DefaultClient.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
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
