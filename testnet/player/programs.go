package player

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Film describes the films that Make makes.
const (
	Width, Height = 640, 360
	frameRate     = 25   // pictures a second
	bitRate       = 1500 // kbit/s
)

// killWait is how long a program's children may hold its output.
const killWait = time.Second

// Missing is the first of some programs that is not installed, "" if all are.
func Missing(programs ...string) string {
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			return p
		}
	}
	return ""
}

// Make writes a film of moving pictures, an MP4 file whose table of contents
// stands at its end, as players have it worst.
func Make(ctx context.Context, file string, length time.Duration) error {
	rate := fmt.Sprintf("%dk", bitRate)
	_, err := run(ctx, "ffmpeg", "-v", "error", "-y", "-f", "lavfi",
		"-i", fmt.Sprintf("testsrc2=size=%dx%d:rate=%d:duration=%g", Width, Height, frameRate, length.Seconds()),
		"-vf", "noise=alls=20:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50",
		"-b:v", rate, "-maxrate", rate, "-bufsize", rate, file)
	return err
}

// Length asks ffprobe how long the film at a URL is.
func Length(ctx context.Context, url string) (time.Duration, error) {
	out, err := run(ctx, "ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", url)
	if err != nil {
		return 0, err
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(out), 64)
	return time.Duration(seconds * float64(time.Second)), err
}

// Pictures has ffmpeg decode a second of the film at a URL and returns how many
// pictures that gave.
func Pictures(ctx context.Context, url string, at time.Duration) (int, error) {
	out, err := run(ctx, "ffmpeg", "-v", "error", "-ss", fmt.Sprint(at.Seconds()), "-i", url, "-frames:v", strconv.Itoa(frameRate), "-f", "framemd5", "-")
	return strings.Count(out, "\n0,"), err
}

// run runs a program and returns what it printed.
func run(ctx context.Context, name string, args ...string) (string, error) {
	var said strings.Builder
	c := exec.CommandContext(ctx, name, args...)
	c.Stderr = &said
	c.WaitDelay = killWait
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("player: %s: %w: %s", name, err, said.String())
	}
	return string(out), nil
}
