package group

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/rs/zerolog"
)

// logLines takes the lines of memberlist's logger to ours. Peers have their words in them:
// they are cut and escaped. What memberlist calls an error is one of a peer, or of the
// network, and a warning at most to us.
type logLines struct{ g *Group }

func (l logLines) Write(b []byte) (int, error) {
	line := string(bytes.TrimSpace(b[:min(len(b), maxLogLine)]))
	level := zerolog.DebugLevel
	for mark, is := range map[string]zerolog.Level{
		"[INFO] ": zerolog.DebugLevel, "[DEBUG] ": zerolog.TraceLevel, "[WARN] ": zerolog.DebugLevel, "[ERR] ": zerolog.DebugLevel,
		"[ERROR] ": zerolog.DebugLevel,
	} {
		if rest, ok := strings.CutPrefix(line, mark); ok {
			line, level = rest, is
			break
		}
	}
	line = strings.TrimPrefix(line, "memberlist: ")
	l.g.suspects(line)
	quoted := strconv.QuoteToASCII(line)
	l.g.log.WithLevel(level).Msg(quoted[1 : len(quoted)-1])
	return len(b), nil
}
