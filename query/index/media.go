package index

import (
	"fmt"
	"path"
	"strings"
)

// Media is a set of media types, with the bits of the GGEP extension M.
type Media uint32

// Media types of GGEP M.
const (
	Audio          Media = 0x004
	Video          Media = 0x008
	Document       Media = 0x010
	Image          Media = 0x020
	WindowsProgram Media = 0x040
	UnixProgram    Media = 0x080
	Torrent        Media = 0x100

	allMedia = Audio | Video | Document | Image | WindowsProgram | UnixProgram | Torrent
)

// mediaNames are what a person types and sees.
var mediaNames = [...]struct {
	name  string
	media Media
}{
	{"audio", Audio},
	{"video", Video},
	{"document", Document},
	{"image", Image},
	{"windows", WindowsProgram},
	{"unix", UnixProgram},
	{"program", WindowsProgram | UnixProgram},
	{"torrent", Torrent},
}

// ParseMedia reads a comma-separated list of audio, video, document, image,
// windows, unix, program (windows and unix) and torrent. "any" is 0, no filter.
func ParseMedia(list string) (Media, error) {
	if list == "any" {
		return 0, nil
	}
	var all Media
next:
	for name := range strings.SplitSeq(list, ",") {
		for _, known := range mediaNames {
			if strings.TrimSpace(name) == known.name {
				all |= known.media
				continue next
			}
		}
		return 0, fmt.Errorf("index: unknown media type %q", name)
	}
	return all, nil
}

// String returns the names ParseMedia takes, and Media(0x..) if m has bits
// without one.
func (m Media) String() string {
	switch {
	case m == 0:
		return "any"
	case m&^allMedia != 0:
		return fmt.Sprintf("Media(%#x)", uint32(m))
	}
	var names []string
	for _, known := range mediaNames {
		if m&known.media == known.media && known.name != "program" {
			names = append(names, known.name)
		}
	}
	return strings.Join(names, ",")
}

// MediaOf returns the types of a file by the extension of its name, 0 if it has
// none we know. Archives count as programs of both systems, as in other
// servents.
func MediaOf(name string) Media {
	switch strings.ToLower(strings.TrimPrefix(path.Ext(name), ".")) {
	case "aac", "aif", "aiff", "ape", "au", "flac", "m4a", "m4b", "mid", "midi", "mka", "mp2", "mp3", "mpc",
		"oga", "ogg", "opus", "ra", "snd", "spx", "wav", "wma", "wv":
		return Audio
	case "3gp", "asf", "avi", "divx", "flv", "m2ts", "m4v", "mkv", "mov", "mp4", "mpe", "mpeg", "mpg", "ogm",
		"ogv", "qt", "rm", "rmvb", "swf", "ts", "vob", "webm", "wmv":
		return Video
	case "azw", "azw3", "chm", "csv", "djvu", "doc", "docx", "epub", "fb2", "htm", "html", "lit", "lrf", "lyx",
		"md", "mobi", "odp", "ods", "odt", "pdf", "ppt", "pptx", "rst", "rtf", "tex", "txt", "xhtml", "xls", "xlsx", "xml":
		return Document
	case "eps", "ps":
		return Document | Image
	case "avif", "bmp", "gif", "heic", "ico", "jp2", "jpe", "jpeg", "jpg", "jxl", "pcx", "png", "psd", "svg",
		"tga", "tif", "tiff", "webp", "xcf", "xpm":
		return Image
	case "bat", "cab", "cmd", "com", "exe", "msi", "msix", "msp":
		return WindowsProgram
	case "appimage", "deb", "flatpak", "rpm", "run", "sh", "snap":
		return UnixProgram
	case "7z", "ace", "apk", "arj", "bz2", "dmg", "gz", "img", "iso", "jar", "lha", "lz4", "lzh", "lzma", "rar",
		"sit", "tar", "tbz2", "tgz", "txz", "xz", "z", "zip", "zst":
		return WindowsProgram | UnixProgram
	case "torrent":
		return Torrent
	}
	return 0
}
