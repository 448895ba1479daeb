package api

import "time"

// Schema is the version of the shapes below; it goes up when a field changes
// its meaning or goes away.
const Schema = 1

// Version says what runs.
type Version struct {
	Schema  int    `json:"schema"`
	Version string `json:"version" doc:"version of the program"`
	Go      string `json:"go" doc:"version of Go it was built with"`
	System  string `json:"system" doc:"operating system and processor"`
	PID     int    `json:"pid" doc:"process of the node"`
}

// Status is the node at a glance.
type Status struct {
	Schema    int               `json:"schema"`
	Version   string            `json:"version"`
	Listen    string            `json:"listen" doc:"address the node listens at, TCP and UDP"`
	External  string            `json:"external,omitempty" doc:"address others see us at, once enough agree"`
	TCPOpen   bool              `json:"tcp_open" doc:"others were seen to connect to us"`
	UDPOpen   bool              `json:"udp_open" doc:"datagrams of others were seen to reach us unasked"`
	GUID      string            `json:"guid" doc:"servent GUID"`
	PeerID    string            `json:"peer_id" doc:"public key of the node, as the network sees it"`
	Uptime    float64           `json:"uptime_seconds"`
	Neighbors int               `json:"neighbors" doc:"links that are up"`
	Wanted    int               `json:"neighbors_wanted"`
	Dialing   int               `json:"dialing" doc:"links being opened"`
	DialsHeld uint64            `json:"dials_held" doc:"times that somebody would have been called, but many had not answered"`
	Known     int               `json:"hosts_known" doc:"hosts in the host cache"`
	Horizon   []Level           `json:"horizon" doc:"what is within 1, 2, ... hops, by the word of neighbors"`
	Searches  int               `json:"searches" doc:"searches of ours that run"`
	Files     int               `json:"files_shared"`
	Bytes     int64             `json:"bytes_shared"`
	Hashing   *Hashing          `json:"hashing,omitempty" doc:"present while shared files are being hashed"`
	Downloads int               `json:"downloads" doc:"unfinished downloads"`
	Uploads   int               `json:"uploads" doc:"files being sent"`
	Results   int               `json:"results" doc:"search results that can be fetched by number"`
	Received  Traffic           `json:"received"`
	Role      string            `json:"role" doc:"leaf or ultrapeer"`
	RoleMode  string            `json:"role_setting" doc:"what it may be: auto, leaf or ultrapeer"`
	RoleWhy   string            `json:"role_reason,omitempty" doc:"why it is that, or what keeps it from being an ultrapeer"`
	Leaves    int               `json:"leaves"`
	Asking    int               `json:"asking" doc:"dynamic queries that run, of its own and of its leaves"`
	Sent      Traffic           `json:"sent"`
	Drops     map[string]uint64 `json:"drops" doc:"messages that went no further, by reason"`
	Port      PortCounts        `json:"port" doc:"what came to the TCP port"`
	Sources   []HostSource      `json:"host_sources" doc:"ways to find hosts that the node may use"`
	Browsed   BrowseCounts      `json:"browsed" doc:"who asked for a list of all that is shared"`
	Relay     Relay             `json:"relay"`
	UDP       UDP               `json:"udp" doc:"what came to the UDP port"`
	STUN      STUN              `json:"stun"`
	Paths     Paths             `json:"paths"`
	Vouched   Vouched           `json:"vouched" doc:"hits for own searches that a peer was said to vouch for"`
	Router    Router            `json:"router"`
	Upkeep    Upkeep            `json:"upkeep" doc:"bytes that were sent in the last hour while nobody asked for anything, headers included as far as they are known"`
	Memory    Memory            `json:"memory"`
}

// Vouched counts hits that a peer was said to vouch for, by its signature.
type Vouched struct {
	Good      uint64 `json:"good"`
	Wrong     uint64 `json:"wrong" doc:"the signature is not of the peer, or not of that hit"`
	Unchecked uint64 `json:"unchecked" doc:"too many came at once; they were taken as unsigned ones"`
}

// Router is what the node has in the table of its router, as far as it knows: connections
// it opened, and hosts it wrote to by UDP.
type Router struct {
	Entries int    `json:"entries" doc:"now"`
	Most    int    `json:"most" doc:"at a time, so far"`
	Limit   int    `json:"limit" doc:"that the node allows itself"`
	Refused uint64 `json:"refused" doc:"datagrams that were lost, and connections that waited in vain, for there was no room"`
}

// Upkeep is what it takes to be reachable, in bytes of the last hour.
type Upkeep struct {
	Links     uint64 `json:"links" doc:"pings, pongs, route tables and what neighbors agree on" metric:"gauge"`
	Dials     uint64 `json:"dials" doc:"to become neighbors, by their number" metric:"gauge"`
	Datagrams uint64 `json:"datagrams" doc:"pings and pongs by UDP" metric:"gauge"`
	STUN      uint64 `json:"stun" doc:"questions and answers, by which address somebody is seen" metric:"gauge"`
	Relays    uint64 `json:"relays" doc:"reservations" metric:"gauge"`
	Paths     uint64 `json:"paths" doc:"through NATs, in minutes in which they carried nothing" metric:"gauge"`
	Groups    uint64 `json:"groups" doc:"between members; not held to the budget" metric:"gauge"`
	Sum       uint64 `json:"sum" doc:"of all but groups" metric:"gauge"`
	Budget    uint64 `json:"budget" doc:"for the sum, of a leaf" metric:"gauge"`
	Thrifty   bool   `json:"thrifty" doc:"it is used up: what can wait is done less often"`
}

// Paths counts paths through NATs, opened from both ends.
type Paths struct {
	Open     int    `json:"open" doc:"that are kept now"`
	Relayed  int    `json:"relayed" doc:"of these, over TURN servers of ours or of peers"`
	Opened   uint64 `json:"opened" doc:"attempts that made one, of ours and of others"`
	Failed   uint64 `json:"failed" doc:"attempts that made none"`
	Refused  uint64 `json:"refused" doc:"paths there was no room for, in all or of one host"`
	Received uint64 `json:"received" doc:"bytes that came over paths of ours"`

	Words        uint64 `json:"words" doc:"about paths of others, passed on between them as a push proxy"`
	WordsRefused uint64 `json:"words_refused" doc:"talks that wanted that, or a path to us, and were too many or of no use"`
}

// Relay is what the node has to do with relays: as one, and as who is reached over
// others.
type Relay struct {
	Serves       bool     `json:"serves" doc:"passes bytes on for filberts that nobody can connect to"`
	Reservations int      `json:"reservations" doc:"of filberts that are reached over us"`
	Members      int      `json:"members" doc:"of these reservations, those in places for members of the node's groups alone"`
	Circuits     int      `json:"circuits" doc:"that are open over us"`
	Bytes        uint64   `json:"bytes" doc:"of circuits over us that have ended, both ways"`
	At           []string `json:"at" doc:"relays over which we are reached"`
}

// UDP is what came to the UDP port, by what it is.
type UDP struct {
	Gnutella UDPKind `json:"gnutella"`
	STUN     UDPKind `json:"stun"`
	QUIC     UDPKind `json:"quic"`
	Errors   uint64  `json:"errors" doc:"of reading the port"`
}

// UDPKind is datagrams of one kind.
type UDPKind struct {
	Received uint64 `json:"received"`
	Bytes    uint64 `json:"bytes" doc:"of those that were not dropped"`
	Dropped  uint64 `json:"dropped" doc:"for their number or length, or because nobody reads that kind now"`
}

// STUN is what the node has to do with STUN.
type STUN struct {
	Serves  bool   `json:"serves" doc:"tells others by which address they are seen"`
	Replies uint64 `json:"replies" doc:"to others"`
	Bytes   uint64 `json:"bytes" doc:"of them, headers included"`
	Refused uint64 `json:"refused" doc:"requests without a reply: malformed, or too many"`
	NAT     *NAT   `json:"nat,omitempty" doc:"present once servers were asked"`
}

// NAT is what STUN servers said of how they see us.
type NAT struct {
	Asked         time.Time `json:"asked"`
	UDP           string    `json:"udp" enum:"unknown,yes,no" doc:"datagrams come back"`
	NAT           string    `json:"nat" enum:"unknown,yes,no" doc:"others see another address than this machine has"`
	Mapped        string    `json:"mapped,omitempty" doc:"as most servers see the UDP port"`
	Mapping       string    `json:"mapping" doc:"on what of the other end the mapped address depends (RFC 4787)"`
	Filtering     string    `json:"filtering" doc:"on what of the other end it depends whether it is let in (RFC 4787)"`
	Hairpin       string    `json:"hairpin" enum:"unknown,yes,no" doc:"hosts behind the NAT reach one another by its address"`
	PortPreserved string    `json:"port_preserved" enum:"unknown,yes,no"`
	Findings      []Finding `json:"findings" doc:"in the order of the tests"`

	BindingFrom float64 `json:"binding_from_s,omitempty" doc:"after a silence of so many seconds who was sent to still gets in; absent until measured, 300 is the longest that is tried"`
	BindingTo   float64 `json:"binding_to_s,omitempty" doc:"after so many not any more"`
}

// Finding explains one test.
type Finding struct {
	Test   string `json:"test"`
	Asked  string `json:"asked"`
	Answer string `json:"answer"`
	Means  string `json:"means"`
}

// Health is what the node thinks of itself.
type Health struct {
	Schema int     `json:"schema"`
	Worst  string  `json:"worst" enum:"ok,warn,critical" doc:"of all checks"`
	Checks []Check `json:"checks"`
}

// Check is one judgment.
type Check struct {
	Name  string `json:"name"`
	Level string `json:"level" enum:"ok,unknown,warn,critical" doc:"unknown is what will be known later"`
	Found string `json:"found"`
	Means string `json:"means,omitempty"`
	Do    string `json:"do,omitempty" doc:"what helps"`
}

// Level is what is within a number of hops.
type Level struct {
	Nodes uint64 `json:"nodes" metric:"gauge"`
	Files uint64 `json:"files" metric:"gauge"`
	KiB   uint64 `json:"kib" metric:"gauge"`
}

// HostSource is one way to find hosts.
type HostSource struct {
	Source string    `json:"source"`
	Caches int       `json:"caches,omitempty" doc:"caches that are known"`
	Active bool      `json:"active" doc:"it is being asked"`
	Rounds int       `json:"rounds" doc:"times it was asked"`
	Hosts  int       `json:"hosts" doc:"hosts it told, in all"`
	Last   time.Time `json:"last,omitzero" doc:"when it was asked last"`
	Error  string    `json:"error,omitempty" doc:"why that failed"`
}

// Memory is what the process holds.
type Memory struct {
	Heap       int64 `json:"heap_bytes" doc:"objects on the heap, garbage included"`
	Goroutines int   `json:"goroutines"`
}

// Hashing is how far the library is.
type Hashing struct {
	Files      int    `json:"files"`
	FilesDone  int    `json:"files_done"`
	Bytes      int64  `json:"bytes"`
	BytesDone  int64  `json:"bytes_done"`
	Current    string `json:"current,omitempty"`
	InProgress bool   `json:"in_progress"`
}

// Traffic counts messages by type.
type Traffic struct {
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
	Pings    uint64 `json:"pings"`
	Pongs    uint64 `json:"pongs"`
	Queries  uint64 `json:"queries"`
	Hits     uint64 `json:"hits"`
	Pushes   uint64 `json:"pushes"`
	Byes     uint64 `json:"byes"`
	Others   uint64 `json:"others"`
}

// PortCounts is what came to the node's TCP port, and what it was asked to open.
type PortCounts struct {
	Accepted  uint64 `json:"accepted"`
	Crowded   uint64 `json:"crowded"`
	Evicted   uint64 `json:"evicted"`
	Links     uint64 `json:"links"`
	Requests  uint64 `json:"requests"`
	Malformed uint64 `json:"malformed"`
	Unknown   uint64 `json:"unknown"`
	Panicked  uint64 `json:"panicked"`
	TLS       uint64 `json:"tls" doc:"of all, those that opened with TLS"`
	TLSFailed uint64 `json:"tls_failed" doc:"those whose TLS came to nothing"`

	TLSBusy       uint64 `json:"tls_busy_us" doc:"microseconds of a processor that TLS handshakes of others took; half a processor is the most they get"`
	Unproven      uint64 `json:"unproven" doc:"of links, those refused because the ID that was promised was not proven"`
	Blocked       uint64 `json:"blocked" doc:"requests for files of peers that the user blocked"`
	Probes        uint64 `json:"probes" doc:"empty lines of who was asked whether we can be reached"`
	Givs          uint64 `json:"givs" doc:"connections we asked for by PUSH"`
	GivsUnknown   uint64 `json:"givs_unknown" doc:"of them, those nobody waits for"`
	Relayed       uint64 `json:"relayed" doc:"connections of who wants us to relay"`
	Words         uint64 `json:"words" doc:"connections of who wants words about a path passed on to a neighbor"`
	Lines         uint64 `json:"lines" doc:"connections of peers that prove their IDs"`
	ProxyRequests uint64 `json:"proxy_requests" doc:"pushes that were to be passed on to a neighbor"`
	Calls         uint64 `json:"calls" doc:"connections we opened because a PUSH asked for it"`
	CallsCrowded  uint64 `json:"calls_crowded" doc:"those we did not, for their number"`
}

// BrowseCounts counts requests for a list of all that is shared.
type BrowseCounts struct {
	Listed    uint64 `json:"listed"`
	Files     uint64 `json:"files" doc:"named in these lists"`
	Unchanged uint64 `json:"unchanged" doc:"nothing was new to who asked"`
	Off       uint64 `json:"refused_off" doc:"refused: browsing is switched off"`
	Often     uint64 `json:"refused_often" doc:"refused: listed often enough for the hour"`
	Busy      uint64 `json:"refused_busy" doc:"refused: all places taken"`
	Cut       uint64 `json:"cut" doc:"not taken to the end"`
}

// Peer is one neighbor.
type Peer struct {
	Addr     string            `json:"addr" doc:"address of the connection"`
	Listen   string            `json:"listen,omitempty" doc:"address it takes connections at"`
	Inbound  bool              `json:"inbound" doc:"it called us"`
	Agent    string            `json:"agent" doc:"its software, by its own word"`
	GUID     string            `json:"guid"`
	Role     string            `json:"role"`
	Degree   int               `json:"degree" doc:"ultrapeer links it intends to have"`
	MaxTTL   int               `json:"max_ttl"`
	TLS      bool              `json:"tls" doc:"the link is encrypted"`
	PeerID   string            `json:"peer_id,omitempty" doc:"its ID, which it has proven"`
	Name     string            `json:"name,omitempty" doc:"petname of that ID"`
	Deflate  Deflate           `json:"deflate"`
	Since    time.Time         `json:"since"`
	Heard    time.Time         `json:"heard" doc:"when something last came from it"`
	Files    int               `json:"files" doc:"files it shares, by its own word"`
	KiB      int64             `json:"kib"`
	Queue    int               `json:"queue" doc:"bytes that wait to be sent to it"`
	Received Traffic           `json:"received"`
	Sent     Traffic           `json:"sent"`
	Drops    map[string]uint64 `json:"drops" doc:"messages of it that went no further, by reason"`
}

// Deflate is how a link is compressed. Without compression the bytes are those of
// the messages.
type Deflate struct {
	In       bool   `json:"in" doc:"what it sends is compressed"`
	Out      bool   `json:"out" doc:"what we send is compressed"`
	BytesIn  uint64 `json:"bytes_in" doc:"as they came, of the messages received"`
	BytesOut uint64 `json:"bytes_out" doc:"as they went, of the messages sent"`
}

// Result is one file that was found.
type Result struct {
	Scope
	Number    int      `json:"number" doc:"for get; stays with the file"`
	Name      string   `json:"name"`
	Size      int64    `json:"size"`
	URN       string   `json:"urn,omitempty" doc:"absent when no source told a hash: it cannot be fetched"`
	TTH       string   `json:"tth,omitempty" doc:"root of its Tiger tree, as the first source said that told it"`
	Blake3    string   `json:"blake3,omitempty" doc:"likewise of its BLAKE3 tree"`
	Contested bool     `json:"contested,omitempty" doc:"others tell of other trees under its SHA-1: one is another file, or a lie"`
	Type      string   `json:"type,omitempty"`
	Speed     uint32   `json:"speed_kbit" doc:"of the fastest source, by its own word"`
	Busy      bool     `json:"busy" doc:"no source has an upload slot free"`
	Hops      int      `json:"hops" doc:"of the nearest source"`
	Sources   []Source `json:"sources"`
}

// Source is a servent that has a file.
type Source struct {
	Addr   string `json:"addr" doc:"empty for members of a group, who are reached by their IDs"`
	Vendor string `json:"vendor,omitempty"`
	Push   bool   `json:"push" doc:"it cannot be connected to"`
	PeerID string `json:"peer_id,omitempty" doc:"who vouches for the file by a signature, which was verified"`
	Name   string `json:"name,omitempty" doc:"petname of that peer"`
	Away   bool   `json:"away,omitempty" doc:"it is a member of the group and not there now"`
}

// SearchEnd is the last event of a search.
type SearchEnd struct {
	Schema  int     `json:"schema"`
	Results int     `json:"results" doc:"different files"`
	Hosts   int     `json:"hosts" doc:"servents that answered"`
	Seconds float64 `json:"seconds" doc:"time to the last new result"`
	Peers   int     `json:"peers" doc:"neighbors that were asked; of a group the members whose files were looked through"`
	Error   string  `json:"error,omitempty"`
}

// Download is one download.
type Download struct {
	Scope
	URN      string    `json:"urn"`
	Name     string    `json:"name"`
	Size     int64     `json:"size"`
	Have     int64     `json:"have" doc:"bytes that arrived"`
	Verified int64     `json:"verified" doc:"bytes read back, while verifying"`
	State    string    `json:"state" enum:"queued,waiting,downloading,verifying,complete,failed,cancelled"`
	Rate     int64     `json:"rate" doc:"bytes per second of late"`
	ETA      float64   `json:"eta_seconds,omitempty"`
	Source   string    `json:"source,omitempty" doc:"whom the bytes come from"`
	Sources  int       `json:"sources"`
	Verify   string    `json:"verified_by,omitempty" doc:"what bytes are verified by as they come; absent: by the SHA-1 at the end"`
	Wasted   int64     `json:"wasted,omitempty" doc:"bytes that came and were thrown away"`
	Peers    []Fetched `json:"peers,omitempty" doc:"its sources, those at work first; of many, the first"`
	Map      []byte    `json:"map,omitempty" doc:"which parts are here, from the first to the last: bytes from 0 for nothing to 255 for all of a part"`
	Reason   string    `json:"reason,omitempty" doc:"why it waits"`
	Until    time.Time `json:"until,omitzero" doc:"when it looks again"`
	Error    string    `json:"error,omitempty"`
	Wrong    bool      `json:"wrong_content,omitempty" doc:"it failed because the bytes were not those of its hash"`
	Path     string    `json:"path,omitempty" doc:"where the file is, when complete"`
	Output   string    `json:"output,omitempty" doc:"where the user wants it"`
	Strategy string    `json:"strategy" enum:"auto,rarest,sequential" doc:"in which order it is fetched"`
	Limit    int64     `json:"limit_rate,omitempty" doc:"the most bytes per second that were asked for with it"`
	TTH      string    `json:"tth,omitempty" doc:"root of the Tiger tree that it must have, where that was said"`
	Blake3   string    `json:"blake3,omitempty" doc:"likewise of its BLAKE3 tree"`
	Adopted  *Adopted  `json:"adopted,omitempty" doc:"what came of the file that was to be adopted"`
	Hook     string    `json:"on_complete,omitempty" enum:"waiting,running,done,failed" doc:"how the command for complete downloads goes"`
	HookErr  string    `json:"on_complete_error,omitempty" doc:"why it failed"`
}

// Adopted is a file on this machine that a download makes use of.
type Adopted struct {
	Path   string `json:"path"`
	Size   int64  `json:"size" doc:"bytes, once it was looked at"`
	Used   int64  `json:"used" doc:"bytes that were taken from it"`
	Done   bool   `json:"done" doc:"nothing more will be"`
	Reason string `json:"reason,omitempty" doc:"why not more of it was of use"`
}

// Fetched is a source of a download.
type Fetched struct {
	Name   string    `json:"name" doc:"address, or GUID"`
	Vendor string    `json:"vendor,omitempty"`
	State  string    `json:"state" enum:"untried,asked,fetching,idle,resting,dropped"`
	Rate   int64     `json:"rate" doc:"bytes per second of late"`
	Bytes  int64     `json:"bytes" doc:"of the file as it is now that came from it"`
	Reason string    `json:"reason,omitempty" doc:"why it rests or was dropped"`
	Until  time.Time `json:"until,omitzero" doc:"when it may be asked again"`
}

// Done reports whether nothing comes after the download's state.
func (d Download) Done() bool {
	return d.State == "complete" || d.State == "failed" || d.State == "cancelled"
}

// Upload is one file being sent, or waited for.
type Upload struct {
	Scope
	Peer     string    `json:"peer"`
	PeerID   string    `json:"peer_id,omitempty" doc:"its ID, which it has proven"`
	PeerName string    `json:"peer_name,omitempty" doc:"petname of that ID"`
	Agent    string    `json:"agent"`
	Name     string    `json:"name"`
	URN      string    `json:"urn"`
	Size     int64     `json:"size"`
	Offset   int64     `json:"offset" doc:"first byte asked for"`
	Length   int64     `json:"length" doc:"bytes asked for"`
	Sent     int64     `json:"sent"`
	Rate     int64     `json:"rate" doc:"bytes per second since it began"`
	Position int       `json:"position,omitempty" doc:"place in line of a host that waits for a slot, from 1 on"`
	Since    time.Time `json:"since"`
}

// Share is one shared folder.
type Share struct {
	Scope
	Dir      string         `json:"dir"`
	Forced   bool           `json:"forced"`
	Files    int            `json:"files"`
	Bytes    int64          `json:"bytes"`
	Waiting  int            `json:"waiting" doc:"files found but not hashed yet"`
	Skipped  map[string]int `json:"skipped" doc:"files and folders left out, by reason"`
	Problems []string       `json:"problems" doc:"what could not be read"`
	Scanned  time.Time      `json:"scanned,omitzero"`
	Error    string         `json:"error,omitempty" doc:"why nothing of it is shared"`
}

// ShareReport is what sharing a folder would share.
type ShareReport struct {
	Dir      string         `json:"dir"`
	Refused  string         `json:"refused,omitempty" doc:"why it is refused unless forced"`
	Files    int            `json:"files"`
	Bytes    int64          `json:"bytes"`
	Sample   []string       `json:"sample"`
	Warnings []string       `json:"warnings"`
	Skipped  map[string]int `json:"skipped"`
}
