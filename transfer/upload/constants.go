package upload

// Paths of requests.
const (
	pathN2R  = "/uri-res/N2R" // HUGE 0.94 §3.1: a URN to its resource
	pathGet  = "/get/"        // Gnutella 0.4: index, "/", name
	pathRoot = "/"
)

// headerURN is written as other servents write it. net/http would make it
// X-Gnutella-Content-Urn, which means the same but has not been tried with them.
const headerURN = "X-Gnutella-Content-URN"

// headerAvailable tells which bytes of a file are here that is still arriving.
const headerAvailable = "X-Available-Ranges"

// headerWant is what a peer takes instead of the range it asks for, if we choose;
// ours.
const headerWant = "X-Want"

// headerQueue tells what a peer understands of queues, and older ones their place;
// headerQueued tells a place (PARQ 1.0).
const (
	headerQueue  = "X-Queue"
	headerQueued = "X-Queued"
)

// headerFeatures tells what a servent can do, as in the handshake of a link.
const headerFeatures = "X-Features"

// featureFirewalled is what a peer lists in X-Features that takes sources which
// cannot be connected to.
const featureFirewalled = "fwalt"

// featureWant is what we list in X-Features since we choose by headerWant.
const featureWant = "want/0.1"

// featureQueue is the level of queueing that is served here (PARQ).
const featureQueue = "queue/1.0"

// contentType is that of every file: nothing here is to be run or shown by a
// browser.
const contentType = "application/octet-stream"

// netHTTPSlop is what net/http adds to MaxHeaderBytes, in bytes.
const netHTTPSlop = 4096
