package index

import "testing"

func TestMediaOf(t *testing.T) {
	for name, want := range map[string]Media{
		"song.mp3": Audio, "SONG.MP3": Audio, "film.mkv": Video, "paper.PDF": Document, "pic.jpeg": Image,
		"setup.exe": WindowsProgram, "tool.deb": UnixProgram, "all.tar.gz": WindowsProgram | UnixProgram,
		"a.torrent": Torrent, "plot.eps": Document | Image,
		"": 0, "mp3": 0, "name.": 0, ".": 0, "song.mp3 ": 0, "song.mp3.unknown": 0,
	} {
		if got := MediaOf(name); got != want {
			t.Errorf("MediaOf(%q) = %v, want %v", name, got, want)
		}
	}
}

// TestMediaBits holds the values of GGEP M.
func TestMediaBits(t *testing.T) {
	for media, want := range map[Media]uint32{
		Audio: 0x04, Video: 0x08, Document: 0x10, Image: 0x20, WindowsProgram: 0x40, UnixProgram: 0x80, Torrent: 0x100,
	} {
		if uint32(media) != want {
			t.Errorf("%v = %#x, want %#x", media, uint32(media), want)
		}
	}
}

func TestParseMedia(t *testing.T) {
	for list, want := range map[string]Media{
		"any": 0, "audio": Audio, "video": Video, "document": Document, "image": Image, "torrent": Torrent,
		"windows": WindowsProgram, "unix": UnixProgram, "program": WindowsProgram | UnixProgram,
		"audio,video": Audio | Video, "image, document": Image | Document,
	} {
		got, err := ParseMedia(list)
		if err != nil || got != want {
			t.Errorf("ParseMedia(%q) = %v, %v, want %v", list, got, err, want)
		}
		if again, err := ParseMedia(got.String()); err != nil || again != got {
			t.Errorf("%v reads back as %v, %v", got, again, err)
		}
	}
	for _, list := range []string{"", "music", "audio,", "Media(0x200)"} {
		if got, err := ParseMedia(list); err == nil {
			t.Errorf("ParseMedia(%q) = %v, want an error", list, got)
		}
	}
	if got := (Audio | 0x200).String(); got != "Media(0x204)" {
		t.Errorf("unknown bit printed as %s", got)
	}
}
