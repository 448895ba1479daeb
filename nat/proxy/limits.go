package proxy

import "time"

// MaxWord bounds a word, in bytes: a message of nat/punch has 233 at most if it is of this
// version, and up to 512 unsealed.
const MaxWord = 512

// maxText bounds the text of a status that is kept, in bytes.
const maxText = 64

// What a proxy carries at once and begins in a minute (counts). Who opens a path needs one
// talk of a second for each peer, and asks two proxies of it at most. The figures are those of
// circuits at relays (nat/relay), which words went over before; a talk is at most 16 words,
// so a minute of all of them is 2 MB.
const (
	maxTalks       = 64 // at once, in all
	hostTalks      = 4  // of one host, IPv6 /64
	networkTalks   = 16 // of one network, IPv4 /24, IPv6 /56
	serventTalks   = 4  // with one servent
	minuteTalks    = 240
	hostPerMinute  = 15
	netPerMinute   = 60
	serventsPerMin = 20
	networkBits4   = 24
	networkBits6   = 56
	hostBits6      = 64
	budgetPeriod   = time.Minute
)

// MaxTalkWords is how many words of one side a proxy passes on in one talk (count): in three
// rounds an Offer and a Sync each, and some more for a later version.
const MaxTalkWords = 8

// TalkTime is how long a talk may last: three rounds do, in which nobody answers.
const TalkTime = 45 * time.Second

// What a servent takes of those who want paths to it (counts): each has it ask its neighbors
// where they see it, compute a key and send up to 160 probes of 76 bytes to addresses that
// the other told: 12 kB, so 4 kB a second at most while somebody asks without an end.
const (
	askedAtOnce    = 4
	askedPerMinute = 20
)
