package stream

import (
	"net/http"
	"path"
	"strings"
)

// anyKind is the media type of what is not played.
const anyKind = "application/octet-stream"

// kinds are the media types of the names of files that players take. The
// system's own table differs from one machine to the next.
var kinds = map[string]string{
	".aac": "audio/aac", ".flac": "audio/flac", ".m4a": "audio/mp4", ".mka": "audio/x-matroska", ".mp3": "audio/mpeg",
	".oga": "audio/ogg", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".wav": "audio/wav", ".weba": "audio/webm",
	".3gp": "video/3gpp", ".avi": "video/x-msvideo", ".m4v": "video/mp4", ".mkv": "video/x-matroska", ".mov": "video/quicktime",
	".mp4": "video/mp4", ".mpeg": "video/mpeg", ".mpg": "video/mpeg", ".ogv": "video/ogg", ".ts": "video/mp2t", ".webm": "video/webm",
	".wmv": "video/x-ms-wmv",
	".gif": "image/gif", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp",
}

// kindOf is the media type that a name promises, "" if it promises none.
func kindOf(name string) string { return kinds[strings.ToLower(path.Ext(name))] }

// sniff is the media type of a file that begins with b, if that is something to
// look at or listen to. What a browser would run, it is not told to be.
func sniff(b []byte) string {
	kind := http.DetectContentType(b)
	for _, plays := range []string{"audio/", "video/", "image/gif", "image/jpeg", "image/png", "image/webp", "application/ogg"} {
		if strings.HasPrefix(kind, plays) {
			return kind
		}
	}
	return anyKind
}
