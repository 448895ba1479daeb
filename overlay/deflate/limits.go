package deflate

const (
	// MaxRatio and ratioWindow end a stream that grows beyond reason: more than
	// MaxRatio bytes out for one byte in, over ratioWindow bytes out. Messages
	// stay below 20, a zlib bomb reaches 1000.
	MaxRatio    = 100
	ratioWindow = 256 << 10

	// inputBuffer is what a Reader reads at once, in bytes.
	inputBuffer = 4 << 10

	// minOutput is the least room that Inflate makes for what comes, in bytes; it
	// doubles.
	minOutput = 512

	// history is how many bytes of what was sent a Writer keeps and refers back
	// to. It is as far as the compressor looks, a quarter of what zlib could.
	history = 8 << 10

	// minHistory is the least memory a Writer takes for it, in bytes.
	minHistory = 512
)

// The first two bytes of a zlib stream (RFC 1950 §2.2).
const (
	methodMask  = 0x0f
	methodFlate = 8
	windowShift = 4
	maxWindow   = 7 // 32 KiB
	flagDict    = 0x20
	checkBase   = 31

	// headerOut is ours: deflate, a window of 32 KiB, fastest.
	headerOut = "\x78\x01"
)
