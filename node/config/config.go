package config

import (
	"cmp"
	"fmt"
	"net/netip"
	"time"

	"github.com/knadh/koanf/v2"
)

// Request is what Load and Locate go by: everything about the process that
// matters, so that nothing is taken from it behind the caller's back.
type Request struct {
	Home   string              // --home; empty is FILBERT_HOME, or the places of the system
	File   string              // --config: must exist and replaces the user's file; empty is FILBERT_CONFIG
	System string              // system-wide file, see SystemFile; empty is none
	Env    []string            // as os.Environ
	Flags  map[string][]string // by key, as often as given; only the flags that were
	Dir    string              // working directory, absolute
	OS     string              // as runtime.GOOS
}

// Values are the effective values of the settings; Settings explains each.
// Folders are absolute.
type Values struct {
	Listen             string        `koanf:"listen"`
	External           netip.Addr    `koanf:"external"` // not valid: not set
	Seeds              []string      `koanf:"seeds"`
	HostCaches         []string      `koanf:"udp-host-caches"`
	WebCaches          []string      `koanf:"web-caches"`
	PublicNetwork      bool          `koanf:"public-network"`
	LAN                bool          `koanf:"lan"`
	BeHostCache        bool          `koanf:"be-host-cache"`
	FreshID            bool          `koanf:"fresh-id"`
	MapPort            bool          `koanf:"map-port"`
	Relay              bool          `koanf:"relay"`
	STUNServers        []string      `koanf:"stun-servers"`
	TURNServers        []string      `koanf:"turn-servers"`
	Shares             []string      `koanf:"shares"`
	Downloads          string        `koanf:"downloads"`
	GroupDownloads     string        `koanf:"group-downloads"`
	OnComplete         []string      `koanf:"on-complete"`
	Role               string        `koanf:"role"`
	MaxLeaves          int           `koanf:"max-leaves"`
	Dynamic            bool          `koanf:"dynamic"`
	Neighbors          int           `koanf:"neighbors"`
	MaxNeighbors       int           `koanf:"max-neighbors"`
	TTL                int           `koanf:"ttl"`
	GUESS              bool          `koanf:"guess"`
	OutOfBand          bool          `koanf:"out-of-band"`
	Browse             bool          `koanf:"browse"`
	UploadSlots        int           `koanf:"upload-slots"`
	UploadSlotsPerHost int           `koanf:"upload-slots-per-host"`
	UploadSlotsPerNet  int           `koanf:"upload-slots-per-network"`
	UploadLimit        int           `koanf:"upload-limit"`   // KiB/s
	DownloadLimit      int           `koanf:"download-limit"` // KiB/s
	LimitSchedule      []string      `koanf:"limit-schedule"`
	LimitLAN           bool          `koanf:"limit-lan"`
	UploadLimitLAN     int           `koanf:"upload-limit-lan"`   // KiB/s
	DownloadLimitLAN   int           `koanf:"download-limit-lan"` // KiB/s
	Rescan             time.Duration `koanf:"rescan"`             // 0: never
	Watch              bool          `koanf:"watch"`
	HashRate           int           `koanf:"hash-rate"` // KiB/s
	Speed              int           `koanf:"speed"`     // kbit/s
	Deflate            bool          `koanf:"deflate"`
	TLS                bool          `koanf:"tls"`
	Log                string        `koanf:"log"`
	API                string        `koanf:"api"` // empty: the unix socket only
}

// Config is the outcome of all layers. It must not be changed.
type Config struct {
	Values
	Paths Paths

	settings []Setting
	merged   *koanf.Koanf
	origins  map[string]Origin
}

// Load reads all layers. Settings that are wrong are an error of type Problems;
// other errors are about places, see Locate.
func Load(r Request) (*Config, error) {
	paths, err := Locate(r)
	if err != nil {
		return nil, err
	}
	l := loader{request: r, paths: paths, settings: Settings(), env: variables(r.Env)}
	layers := []layer{l.defaults()}
	if r.System != "" {
		layers = append(layers, l.file(r.System, false))
	}
	layers = append(layers, l.file(paths.Config, cmp.Or(r.File, l.env[fileVariable]) != ""), l.environment(), l.flags())

	c := &Config{Paths: paths, settings: l.settings, merged: koanf.New("."), origins: map[string]Origin{}}
	for _, layer := range layers {
		if err := c.merge(layer); err != nil {
			return nil, err
		}
	}
	if err := c.merged.Unmarshal("", &c.Values); err != nil { // once: it would keep the ends of longer lists
		return nil, fmt.Errorf("config: merge: %w", err)
	}
	if len(l.problems) == 0 {
		c.contradictions(&l.problems)
	}
	if err := l.problems.err(); err != nil {
		return nil, err
	}
	return c, nil
}
