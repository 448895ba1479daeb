package messages

import (
	"bufio"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"filbert/overlay/identity"
)

func openAt(t testing.TB, path string) *History {
	t.Helper()
	h, aside, err := OpenHistory(path)
	if err != nil || aside != "" {
		t.Fatal(err, aside)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// came is an entry of a message that came and was shown.
func came(from identity.PeerID, n int, text string) Entry {
	sequence := uint64(noon.UnixMicro()) + uint64(n)
	return Entry{Message: Message{Author: from, Sequence: sequence, Text: text}, With: To(from), State: Shown, Came: noon}
}

// TestHistoryIsPrivate: only the user can read the files.
func TestHistoryIsPrivate(t *testing.T) {
	dir := t.TempDir()
	h := openAt(t, filepath.Join(dir, "messages.db"))
	if err := h.Add(came(identity.PeerID{1}, 1, "secret"), nil); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

// TestHistoryForgets: a conversation keeps so many messages, and so many bytes; what was
// forgotten does not come again.
func TestHistoryForgets(t *testing.T) {
	h := openAt(t, filepath.Join(t.TempDir(), "messages.db"))
	anna, boris := identity.PeerID{1}, identity.PeerID{2}
	long := strings.Repeat("x", MaxText)
	if err := h.atomically(func(tx *sql.Tx) error { // as if so much had come
		for i := range maxKeptBytes / MaxText {
			e := came(anna, i, long)
			if _, err := tx.Exec("INSERT INTO messages ("+columns+") VALUES (?,?,?,?,?,?,?,?,?)",
				e.With.key(), e.Author[:], int64(e.Sequence), 0, []byte(e.Text), e.signature[:], e.State, e.Came.UnixMicro(), ""); err != nil {
				return err
			}
		}
		for i := range maxKept {
			e := came(boris, i, "x")
			if _, err := tx.Exec("INSERT INTO messages ("+columns+") VALUES (?,?,?,?,?,?,?,?,?)",
				e.With.key(), e.Author[:], int64(e.Sequence), 0, []byte(e.Text), e.signature[:], e.State, e.Came.UnixMicro(), ""); err != nil {
				return err
			}
		}
		_, err := tx.Exec("INSERT INTO conversations SELECT peer, count(*), sum(length(text)), 0, 0 FROM messages GROUP BY peer")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := h.measure(); err != nil {
		t.Fatal(err)
	}
	for peer, was := range map[identity.PeerID]int{anna: maxKeptBytes / MaxText, boris: maxKept} {
		if all, _, _, err := h.Counts(To(peer)); err != nil || all != was {
			t.Fatalf("%d, %v", all, err)
		}
		if err := h.Add(came(peer, was, "one more"), nil); err != nil {
			t.Fatal(err)
		}
		all, _, _, err := h.Counts(To(peer))
		if err != nil || all != was+1-pruneStep {
			t.Errorf("%d are kept, %v", all, err)
		}
		s, err := h.Stream(To(peer), peer)
		if err != nil || s.floor != uint64(noon.UnixMicro())+pruneStep-1 || s.last != uint64(noon.UnixMicro())+uint64(was) {
			t.Errorf("%+v, %v", s, err)
		}
	}
	var bytes int64
	if err := h.db.QueryRow("SELECT sum(length(text)) FROM messages").Scan(&bytes); err != nil || bytes != h.bytes {
		t.Errorf("%d bytes are kept, and %d counted; %v", bytes, h.bytes, err)
	}
	if err := h.Remove(To(anna)); err != nil {
		t.Fatal(err)
	}
	if s, err := h.Stream(To(anna), anna); err != nil || s.floor != uint64(noon.UnixMicro())+maxKeptBytes/MaxText {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestHistoryIsDamaged: a file that is none is put aside, and another begun.
func TestHistoryIsDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "messages.db")
	h := openAt(t, path)
	for i := range 200 {
		if err := h.Add(came(identity.PeerID{1}, i, strings.Repeat("text", 100)), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, 4096 + 3, len(whole) / 2} {
		b := append([]byte(nil), whole...)
		copy(b[at:], strings.Repeat("\xff", 600))
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		h, aside, err := OpenHistory(path)
		if err != nil || aside == "" {
			t.Fatalf("damaged at %d: %q, %v", at, aside, err)
		}
		if got, err := os.ReadFile(aside); err != nil || string(got) != string(b) {
			t.Errorf("what was put aside is not what was there: %v", err)
		}
		if err := h.Add(came(identity.PeerID{1}, 1, "again"), nil); err != nil {
			t.Error(err)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		os.Remove(aside)
	}
}

// writerFile tells a copy of the test binary to write to a history until it is killed.
const writerFile = "FILBERT_MESSAGES_TEST_WRITER"

func beWriter(path string) {
	h, aside, err := OpenHistory(path)
	if err != nil || aside != "" {
		fmt.Fprintln(os.Stderr, "a kill damaged the file:", aside, err)
		os.Exit(1)
	}
	last, err := h.Stream(To(identity.PeerID{1}), identity.PeerID{1})
	for n := int(last.last - min(last.last, uint64(noon.UnixMicro()))); err == nil; {
		n++
		if err = h.Add(came(identity.PeerID{1}, n, fmt.Sprint("text ", n)), nil); err == nil {
			fmt.Println(n)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// TestKilled kills a writer at any moment, again and again: nothing that it said was kept
// is lost, and nothing is there twice.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "messages.db")
	said := 0
	for kill := range 20 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), writerFile+"="+path)
		cmd.Stderr = os.Stderr
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		out := bufio.NewScanner(pipe)
		for lines := 0; out.Scan(); lines++ {
			if said, err = strconv.Atoi(out.Text()); err != nil {
				t.Fatal(err)
			}
			if lines == kill {
				cmd.Process.Kill() // it may have ended
			}
		}
		cmd.Wait() // it was killed
		h := openAt(t, path)
		all, _, _, err := h.Counts(To(identity.PeerID{1}))
		if err != nil || all != said && all != said+1 {
			t.Fatalf("kill %d: %d were kept, %d are there, %v", kill, said, all, err)
		}
		list, err := h.Messages(To(identity.PeerID{1}), maxListed)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range list {
			if want := fmt.Sprint("text ", i+1+max(0, all-maxListed)); e.Text != want {
				t.Fatalf("kill %d: %q, want %q", kill, e.Text, want)
			}
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("20 kills in %d messages", said)
}

// BenchmarkRead is what it costs to look at a history of 20 conversations of 10,000
// messages, of which 10 are unread in each.
func BenchmarkRead(b *testing.B) {
	h := openAt(b, filepath.Join(b.TempDir(), "messages.db"))
	if err := h.atomically(func(tx *sql.Tx) error {
		for peer := range byte(20) {
			for i := range 10_000 {
				e := came(identity.PeerID{peer + 1}, i, "are you there, or are you not, that is what I would like to know")
				if _, err := tx.Exec("INSERT INTO messages ("+columns+") VALUES (?,?,?,?,?,?,?,?,?)",
					e.With.key(), e.Author[:], int64(e.Sequence), 0, []byte(e.Text), e.signature[:], e.State, int64(e.Sequence), ""); err != nil {
					return err
				}
			}
		}
		_, err := tx.Exec("INSERT INTO conversations SELECT peer, count(*), sum(length(text)), 0, max(came) - 10 FROM messages GROUP BY peer")
		return err
	}); err != nil {
		b.Fatal(err)
	}
	b.Run("conversations", func(b *testing.B) {
		for b.Loop() {
			if list, err := h.Conversations(); err != nil || len(list) != 20 || list[0].Unread != 10 || list[0].Messages != 10_000 {
				b.Fatal(len(list), list[0].Unread, err)
			}
		}
	})
	b.Run("messages", func(b *testing.B) {
		for b.Loop() {
			if list, err := h.Messages(To(identity.PeerID{3}), 50); err != nil || len(list) != 50 {
				b.Fatal(err)
			}
		}
	})
	b.Run("order", func(b *testing.B) {
		for b.Loop() {
			if _, err := h.Stream(To(identity.PeerID{3}), identity.PeerID{3}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkAdd is what one message costs that is kept.
func BenchmarkAdd(b *testing.B) {
	h := openAt(b, filepath.Join(b.TempDir(), "messages.db"))
	for i := 0; b.Loop(); i++ {
		if err := h.Add(came(identity.PeerID{1}, i, "hello"), nil); err != nil {
			b.Fatal(err)
		}
	}
}
