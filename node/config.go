package node

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"github.com/rs/zerolog"

	"filbert/nat/turn"
	"filbert/node/state"
	"filbert/overlay"
	"filbert/overlay/bootstrap"
	"filbert/overlay/hostcache"
	"filbert/overlay/identity"
	"filbert/overlay/tlslink"
	"filbert/overlay/wire"
	"filbert/transfer/library"
)

// Network is how a node reaches others: the machine's own network, or a host of
// a simulated one.
type Network interface {
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
}

// System is the machine's own network.
type System struct {
	net.ListenConfig
	net.Dialer
}

// onSystem tells that a network is no simulated one.
func onSystem(n Network) bool {
	_, ok := n.(*System)
	return ok
}

// Config is what a node is built from. Identity, State, Network and Rand must
// be set; the zero value of everything else works.
type Config struct {
	Version  string // of the program, for the User-Agent
	Identity *identity.Identity
	State    *state.DB
	Network  Network
	Rand     *rand.Rand // every decision left to chance; belongs to the node
	Log      zerolog.Logger

	Listen    string     // address to listen at; port 0 = the one kept in State, else a random one
	External  netip.Addr // our address as others reach it, when known
	Seeds     []string   // "host:port"; names are looked up
	Mode      overlay.Mode
	Neighbors int      // ultrapeers the node dials for
	MaxLinks  int      // ultrapeers it has at most; default 32
	MaxLeaves int      // leaves it serves at most; default 300, negative = none
	Flood     bool     // own queries go to all neighbors at once
	InBand    bool     // hits of searches come over the links alone, never by UDP
	GUESS     bool     // searches also ask one ultrapeer after another by UDP
	TTL       wire.TTL // of queries; default 4
	Speed     uint32   // of our line, kbit/s, as hits tell it
	Hosts     hostcache.Config
	Deflate   bool // compress links where the other side does
	TLS       bool // encrypt links where the other side does, and take TLS at the port

	// Whom to ask for hosts when the node has nobody to call. None is asked that
	// is not named here.
	HostCaches    []string // UDP host caches, "host:port"
	WebCaches     []string // GWebCaches, URLs
	PublicNetwork bool     // without Seeds, the well-known host caches too
	LAN           bool     // find servents on the local network, and be found there
	FreshID       bool     // be somebody new to the network: with a key of this run, and the GUID that is made of it
	BeHostCache   bool     // tell those who ask for hosts to come back
	MapPort       bool     // have the router forward our port
	Relay         bool     // relay for others while they reach us as an ultrapeer

	// STUNServers are asked how the NAT behaves, besides neighbors that are filberts.
	STUNServers []netip.AddrPort

	// TURNServers pass datagrams on where no hole leads through two NATs.
	TURNServers []turn.Server

	Resolver bootstrap.Resolver // of names; nil = the machine's

	Shares   []library.Share
	Watch    bool          // notice changes of shared folders at once
	Rescan   time.Duration // look through shared folders this often; 0 = 10 minutes
	Quiet    time.Duration // a file is shared once it has not changed for so long; 0 = 2 s
	Hashers  int           // shared files hashed at once, of disks that are not flash one each; 0 = 1
	HashRate int64         // bytes per second that are read to be hashed at most; 0 = no limit
	Homes    []string      // folders that are never shared as a whole; nil = the user's home

	Boards string // file of what members of groups tell each other; "" = in memory, and lost at the end

	Collections string // folder for collections of what is shared, which is shared; "" = none can be made

	Downloads    string   // folder for files that are fetched; "" = nothing can be fetched
	Groups       string   // folder for what is fetched from members of groups, one in it for each; "" = beside Downloads
	OnComplete   []string // command for each file that was fetched, see hook; none = nothing is run
	Browse       bool     // others may see all that is shared
	UploadSlots  int      // files sent at once; default 8
	SlotsPerHost int      // of these to one host; default 2
	SlotsPerNet  int      // of these to one network; default 3

	// UploadLimit and DownloadLimit are the most bytes per second of all files
	// together, each way; 0 = no limit. LimitLAN holds hosts of the own network to
	// them too.
	UploadLimit, DownloadLimit int64
	LimitSchedule              []string // other limits at some hours, see limit.ParseRule; the first that holds counts
	LimitLAN                   bool

	// UploadLimitLAN and DownloadLimitLAN are the same for hosts of the own network
	// alone, at all hours.
	UploadLimitLAN, DownloadLimitLAN int64

	face *identity.Identity // who we are to the network: Identity, or one of this run
}

// faced is the configuration with the identity that the network sees.
func (c Config) faced() (_ Config, err error) {
	if c.face = c.Identity; c.FreshID {
		var seed [32]byte
		for at := 0; at < len(seed); at += 8 {
			binary.LittleEndian.PutUint64(seed[at:], c.Rand.Uint64())
		}
		c.face, err = identity.New(bytes.NewReader(seed[:]))
	}
	return c, err
}

// agent is the User-Agent of handshakes and requests.
func (c Config) agent() string { return "filbert/" + c.Version }

// child is a source of randomness of its own, for a part that runs in another
// goroutine. Message GUIDs come from it, which others see, and secrets, which
// they must not find from them: it is a cipher.
func (c Config) child() *rand.Rand {
	var seed [32]byte
	for at := 0; at < len(seed); at += 8 {
		binary.LittleEndian.PutUint64(seed[at:], c.Rand.Uint64())
	}
	return rand.New(rand.NewChaCha8(seed))
}

// layers is the TLS for all servents, and that in which filberts prove their IDs to each
// other; both nil when none is spoken.
func (c Config) layers() (all, ids *tlslink.Layer, err error) {
	if !c.TLS {
		return nil, nil, nil
	}
	cert, err := c.face.Certificate()
	if err != nil {
		return nil, nil, fmt.Errorf("node: %w", err)
	}
	link, err := c.face.LinkTLS()
	if err != nil {
		return nil, nil, fmt.Errorf("node: %w", err)
	}
	files, err := c.face.FilesTLS()
	if err != nil {
		return nil, nil, fmt.Errorf("node: %w", err)
	}
	all = tlslink.New(cert)
	all.Also(files)
	return all, all.Between(link), nil
}

// signer signs hits, which tells that files are given in TLS with its key.
func (c Config) signer() *identity.Identity {
	if !c.TLS {
		return nil
	}
	return c.face
}
