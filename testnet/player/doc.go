// Package player plays films by the programs users have: the video element of a
// headless Chromium, ffprobe and ffmpeg. Tests of files that are still arriving
// stand on it.
//
// It knows nothing of where a film comes from: it is given a URL.
package player
