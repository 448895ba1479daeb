package ggep

import "filbert/overlay/deflate"

const (
	// MaxExtensions is how many extensions one block may hold. Gtk-gnutella
	// takes 32 or more for garbage.
	MaxExtensions = 31

	// MaxID is the longest id in bytes: its length is a nibble, 0 is refused.
	MaxID = 15

	// MaxData is the longest data in bytes, as three length bytes can say it.
	MaxData = 1<<18 - 1

	// MaxInflated bounds an inflated payload in bytes, as gtk-gnutella does.
	MaxInflated = 65535

	// MaxInflateRatio bounds how many bytes one deflated byte may become. Host
	// lists and names stay below 20; a zlib bomb reaches 1000.
	MaxInflateRatio = deflate.MaxRatio

	// InflateAllowance is what a payload may inflate to in bytes whatever the
	// ratio: a few equal host names compress very well.
	InflateAllowance = 4096

	// minDeflate is the shortest payload in bytes worth deflating: zlib adds
	// six bytes itself.
	minDeflate = 6
)
