package config

import (
	"fmt"
	"strings"
	"time"
)

// Kind is the type of a setting's value.
type Kind uint8

// The kinds, with the Go types of their values.
const (
	KindText     Kind = 1 + iota // string
	KindList                     // []string
	KindInt                      // int
	KindDuration                 // time.Duration
	KindBool                     // bool
	numKinds
)

var kindNames = [numKinds]string{
	KindText: "text", KindList: "list", KindInt: "int", KindDuration: "duration", KindBool: "bool",
}

func (k Kind) String() string {
	if k > 0 && k < numKinds {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%#x)", uint8(k))
}

// Setting describes one key.
type Setting struct {
	Key     string // in files, and of the flag: --key
	Kind    Kind
	Default any    // of the kind's type
	Env     string // name of the environment variable
	Help    string // one line, without the default

	Min, Max int64 // inclusive bounds of a number, and of a duration in nanoseconds
	Off      bool  // 0 is allowed below Min and switches off
	Secret   bool  // has passwords, which are not shown; there is no flag, as others see those

	form form // of a text, and of every item of a list
}

// keyDownloads is the setting of which the usual value depends on the system.
const keyDownloads = "downloads"

// envPrefix begins the names of all our environment variables.
const envPrefix = "FILBERT_"

// Settings returns the table of all settings, in the order in which they are
// shown.
func Settings() []Setting {
	settings := []Setting{
		{Key: "listen", Kind: KindText, Default: "[::]:0", form: formListen,
			Help: "address and port to be reached at, TCP and UDP; [::] is all of IPv4 and IPv6, 0.0.0.0 all of IPv4; port 0 is a random one above 10000, chosen once and kept"},
		{Key: "external", Kind: KindText, Default: "", form: formIP,
			Help: "IP address that others see, if it cannot be found out"},
		{Key: "seeds", Kind: KindList, Default: []string{}, form: formPeer,
			Help: "host:port of servents to connect to at the start"},
		{Key: "udp-host-caches", Kind: KindList, Default: []string{}, form: formPeer,
			Help: "host:port of UDP host caches to ask for servents when none is known"},
		{Key: "web-caches", Kind: KindList, Default: []string{}, form: formWebCache,
			Help: "URLs of GWebCaches to ask for servents when the host caches know none"},
		{Key: "public-network", Kind: KindBool, Default: false,
			Help: "without seeds, ask the well-known UDP host caches of the public Gnutella network"},
		{Key: "lan", Kind: KindBool, Default: false,
			Help: "find servents on the local network by multicast DNS, and be found: everybody on it can see that a servent runs here"},
		{Key: "be-host-cache", Kind: KindBool, Default: false,
			Help: "tell those who ask for servents that this node is a UDP host cache to come back to"},
		{Key: "fresh-id", Kind: KindBool, Default: false,
			Help: "be somebody new to the network at each start: another servent GUID and key, so that nobody follows this node from one start to the next"},
		{Key: "map-port", Kind: KindBool, Default: false,
			Help: "have the router forward the port, by PCP, NAT-PMP or UPnP; undone at the end"},
		{Key: "relay", Kind: KindBool, Default: true,
			Help: "pass bytes on between filberts that nobody can connect to, while this one is an ultrapeer that others reach: 1 GiB an hour at most"},
		{Key: "stun-servers", Kind: KindList, Default: []string{}, form: formServer,
			Help: "IP:port of STUN servers to ask how the NAT behaves, besides neighbors; none is asked that is not named here"},
		{Key: "turn-servers", Kind: KindList, Default: []string{}, form: formTURN, Secret: true,
			Help: "turn:user:password@host:port of TURN servers that pass datagrams on where no hole leads through two NATs; in the file or the variable only"},
		{Key: "shares", Kind: KindList, Default: []string{}, form: formFolder,
			Help: "folders to share"},
		{Key: keyDownloads, Kind: KindText, Default: "", form: formFolder,
			Help: "folder that finished downloads are put in; empty is the usual one, see \"paths\""},
		{Key: "group-downloads", Kind: KindText, Default: "", form: formFolder,
			Help: "folder for what is fetched from members of groups, with one in it for each group; empty is that of downloads with \"-groups\" behind its name"},
		{Key: "on-complete", Kind: KindList, Default: []string{}, form: formCommand,
			Help: "program and its arguments to run for each complete download, without a shell; {path} {dir} {name} {size} {sha1} stand for those of the file, {group} for the name of the group whose members gave it"},
		{Key: "role", Kind: KindText, Default: "auto", form: formRole,
			Help: "what to be in the network: auto (a leaf until it is fit to be an ultrapeer), leaf or ultrapeer"},
		{Key: "neighbors", Kind: KindInt, Default: 8, Max: maxWanted,
			Help: "neighbors to look for"},
		{Key: "max-neighbors", Kind: KindInt, Default: 32, Min: 1, Max: maxNeighbors,
			Help: "neighbors to have at most, those who came to us included"},
		{Key: "max-leaves", Kind: KindInt, Default: 300, Max: maxLeaves,
			Help: "leaves to serve at most, as an ultrapeer"},
		{Key: "dynamic", Kind: KindBool, Default: true,
			Help: "ask one neighbor after the other until there are enough answers, instead of all at once"},
		{Key: "ttl", Kind: KindInt, Default: 4, Min: 1, Max: maxTTL,
			Help: "hops that queries travel"},
		{Key: "out-of-band", Kind: KindBool, Default: true,
			Help: "take hits by UDP from those who have them, where strangers can reach this node"},
		{Key: "guess", Kind: KindBool, Default: false,
			Help: "let searches also ask one ultrapeer after another by UDP (GUESS)"},
		{Key: "browse", Kind: KindBool, Default: true,
			Help: "let others see the list of all that is shared, a few times an hour each"},
		{Key: "upload-slots", Kind: KindInt, Default: 8, Min: 1, Max: maxUploadSlots,
			Help: "uploads at a time"},
		{Key: "upload-slots-per-host", Kind: KindInt, Default: 2, Min: 1, Max: maxUploadSlots,
			Help: "uploads at a time to one host"},
		{Key: "upload-slots-per-network", Kind: KindInt, Default: 3, Min: 1, Max: maxUploadSlots,
			Help: "uploads at a time to one network (IPv4 /24, IPv6 /48) that is not your own"},
		{Key: "upload-limit", Kind: KindInt, Default: 0, Max: maxLimit,
			Help: "KiB per second that files are sent at, all together; 0 is no limit"},
		{Key: "download-limit", Kind: KindInt, Default: 0, Max: maxLimit,
			Help: "KiB per second that files are fetched at, all together; 0 is no limit"},
		{Key: "limit-schedule", Kind: KindList, Default: []string{}, form: formRule,
			Help: "other limits at some hours, up and down, such as \"mon-fri 08:00-18:00 100 500\"; the first that holds counts"},
		{Key: "limit-lan", Kind: KindBool, Default: false,
			Help: "hold transfers with hosts of the own network to these limits too"},
		{Key: "upload-limit-lan", Kind: KindInt, Default: 0, Max: maxLimit,
			Help: "KiB per second that files are sent at to hosts of the own network; 0 is no limit"},
		{Key: "download-limit-lan", Kind: KindInt, Default: 0, Max: maxLimit,
			Help: "KiB per second that files are fetched at from hosts of the own network; 0 is no limit"},
		{Key: "rescan", Kind: KindDuration, Default: 10 * time.Minute, Min: int64(10 * time.Second), Max: int64(7 * 24 * time.Hour), Off: true,
			Help: "how often to look for changes in shared folders, such as \"10m\"; 0 is never"},
		{Key: "watch", Kind: KindBool, Default: true,
			Help: "notice changes in shared folders at once, where the system tells"},
		{Key: "hash-rate", Kind: KindInt, Default: 0, Max: maxLimit,
			Help: "KiB per second that shared files are read at to be hashed, all together; 0 is as fast as it goes, and slow beside transfers"},
		{Key: "speed", Kind: KindInt, Default: 1000, Max: maxSpeed,
			Help: "upload speed told in query hits, in kbit/s"},
		{Key: "deflate", Kind: KindBool, Default: true,
			Help: "compress what goes to neighbors that do so too"},
		{Key: "tls", Kind: KindBool, Default: true,
			Help: "encrypt what goes to neighbors that do so too, against listeners; it proves nobody's identity"},
		{Key: "log", Kind: KindText, Default: "info", form: formLevel,
			Help: "least important messages to log: trace, debug, info, warn, error, disabled"},
		{Key: "api", Kind: KindText, Default: "", form: formLoopback,
			Help: "loopback host:port of the control API; empty is its unix socket only"},
	}
	for i, s := range settings {
		settings[i].Env = envPrefix + strings.ToUpper(strings.ReplaceAll(s.Key, "-", "_"))
	}
	return settings
}

// otherVariables are the variables of ours that are no settings: the places of
// everything and of the file of settings, as --home and --config name them, and
// one that makes tests fail where the machine lacks what they need.
var otherVariables = [...]string{homeVariable, fileVariable, "FILBERT_REQUIRE_ALL"}

const (
	homeVariable = "FILBERT_HOME"
	fileVariable = "FILBERT_CONFIG"
)

// find returns the setting of that key, or nil.
func find(settings []Setting, key string) *Setting {
	for i := range settings {
		if settings[i].Key == key {
			return &settings[i]
		}
	}
	return nil
}
