package library

import (
	"io/fs"
	"testing"
)

func TestSkipEntry(t *testing.T) {
	for _, test := range []struct {
		name string
		mode fs.FileMode
		size int64
		want Skip
	}{
		{"song.mp3", 0o644, 1, NotSkipped},
		{"Album", fs.ModeDir | 0o755, 4096, NotSkipped},
		{"monkey.jpg", 0, 1, NotSkipped},
		{"id_card_photo.jpg", 0, 1, NotSkipped},
		{"keynote.pdf", 0, 1, NotSkipped},
		{"temp.flac", 0, 1, NotSkipped},
		{".bashrc", 0, 1, SkipHidden},
		{".git", fs.ModeDir, 0, SkipHidden},
		{"server.PEM", 0, 1, SkipKey},
		{"tls.key", 0, 1, SkipKey},
		{"id_rsa", 0, 1, SkipKey},
		{"id_ed25519.bak", 0, 1, SkipKey},
		{"id_github", 0, 1, SkipKey},
		{"id_github.pub", 0, 1, SkipKey},
		{"secrets.kdbx", 0, 1, SkipKey},
		{"Wallet.dat", 0, 1, SkipKey},
		{"Login Data", 0, 1, SkipKey},
		{"archive.PST", 0, 1, SkipMail},
		{"Maildir", fs.ModeDir, 0, SkipMail},
		{"letter.eml", 0, 1, SkipMail},
		{"notes.txt~", 0, 1, SkipEditor},
		{"notes.swp", 0, 1, SkipEditor},
		{"~$report.docx", 0, 1, SkipEditor},
		{"#notes#", 0, 1, SkipEditor},
		{"film.mkv.part", 0, 1, SkipPartial},
		{"film.mkv.crdownload", 0, 1, SkipPartial},
		{"film.partial", 0, 1, SkipPartial},
		{"Incomplete", fs.ModeDir, 0, SkipPartial},
		{"Thumbs.db", 0, 1, SkipJunk},
		{"lost+found", fs.ModeDir, 0, SkipJunk},
		{"link.mp3", fs.ModeSymlink, 9, SkipLink},
		{"queue", fs.ModeNamedPipe, 0, SkipSpecial},
		{"socket", fs.ModeSocket, 0, SkipSpecial},
		{"disk", fs.ModeDevice, 0, SkipSpecial},
		{"tty", fs.ModeDevice | fs.ModeCharDevice, 0, SkipSpecial},
		{"nothing.mp3", 0, 0, SkipEmpty},
	} {
		if got := skipEntry(test.name, test.mode, test.size); got != test.want {
			t.Errorf("%s %v: %v, want %v", test.mode, test.name, got, test.want)
		}
	}
}

func TestSkipNames(t *testing.T) {
	for s := range numSkips {
		if s.String() == "" {
			t.Errorf("reason %d has no name", s)
		}
	}
	if got := Skip(0x42).String(); got != "Skip(0x42)" {
		t.Errorf("an unknown reason prints %q", got)
	}
}
