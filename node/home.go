package node

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"filbert/node/state"
	"filbert/overlay/identity"
)

// Places are the files a node keeps.
type Places struct {
	Identity string // key pair
	State    string // what it remembers
	Lock     string // held while the node runs
}

// Home is what a node on disk stands on.
type Home struct {
	Identity *identity.Identity
	State    *state.DB
	lock     *state.Held
}

// OpenHome locks a home, so that one node runs in it, and opens or creates what
// is in it. Its folders are created for the user alone.
func OpenHome(p Places, log zerolog.Logger) (*Home, error) {
	for _, file := range []string{p.Identity, p.State, p.Lock} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return nil, fmt.Errorf("node: home: %w", err)
		}
	}
	lock, err := state.Lock(p.Lock)
	if err != nil {
		return nil, fmt.Errorf("node: home %s: %w", filepath.Dir(p.Lock), err)
	}
	h := &Home{lock: lock}
	if h.Identity, _, err = identity.LoadOrCreate(p.Identity, rand.Reader); err != nil {
		return nil, errors.Join(fmt.Errorf("node: %w", err), lock.Release())
	}
	if h.State, err = state.Open(p.State, state.Options{}); err != nil {
		return nil, errors.Join(fmt.Errorf("node: %w", err), lock.Release())
	}
	if aside, why := h.State.Recovered(); aside != "" {
		log.Warn().Str("kept_as", aside).AnErr("reason", why).Msg("the state was damaged and has been begun anew")
	}
	return h, nil
}

// Close ends the home.
func (h *Home) Close() error { return errors.Join(h.State.Close(), h.lock.Release()) }
