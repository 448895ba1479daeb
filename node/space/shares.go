package space

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"filbert/node/state"
	"filbert/overlay/group"
	"filbert/transfer/library"
)

// stateShares is the bucket of the folders that are shared with groups, by the group's ID.
const stateShares = "group shares"

// keptShare is a folder that is shared with a group, as it is kept.
type keptShare struct {
	Dir    string `json:"dir"`
	Forced bool   `json:"forced,omitempty"`
}

func (s *Spaces) kept() state.Bucket { return s.cfg.State.Bucket(stateShares) }

// takeShares is the folders that are shared with the group since earlier, but those that
// cannot be now. Called with changing held.
func (sp *Space) takeShares() (shares []library.Share) {
	text, err := sp.spaces.kept().Get(sp.ID().String())
	if err == nil {
		err = json.Unmarshal(text, &sp.shares)
	}
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		sp.log.Warn().Err(err).Msg("which folders are shared with the group is lost")
	}
	for _, kept := range sp.shares {
		if err := sp.spaces.fits(sp, kept.Dir); err != nil {
			sp.log.Warn().Err(err).Str("dir", kept.Dir).Msg("folder is not shared with the group")
			sp.barred = append(sp.barred, library.Status{Dir: kept.Dir, Forced: kept.Forced, Err: err})
			continue
		}
		shares = append(shares, library.Share{Dir: kept.Dir, Forced: kept.Forced})
	}
	return shares
}

// keep writes which folders are shared.
func (sp *Space) keep(shares []keptShare) error {
	text, err := json.Marshal(shares)
	if err == nil {
		err = sp.spaces.kept().Put(sp.ID().String(), text)
	}
	if err == nil {
		sp.mu.Lock()
		sp.shares = shares
		sp.mu.Unlock()
	}
	return err
}

func (sp *Space) keptShares() []keptShare {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	return slices.Clone(sp.shares)
}

// Share shares a folder with the members of the group and nobody else, also after the next
// start. The error wraps ErrGuest, ErrPublic, ErrPrivate or ErrManyShares, or is one of
// library.Library.Add.
func (sp *Space) Share(ctx context.Context, dir string, forced bool) error {
	sp.spaces.changing.Lock()
	defer sp.spaces.changing.Unlock()
	dir = filepath.Clean(dir)
	if m, ok := sp.group.State().Member(sp.spaces.cfg.Self); ok && m.Role == group.Guest {
		return fmt.Errorf("space: share %s: %w", dir, ErrGuest)
	}
	shares := sp.keptShares()
	if len(shares) >= maxShares {
		return fmt.Errorf("space: share %s: %w", dir, ErrManyShares)
	}
	if err := sp.spaces.fits(sp, dir); err != nil {
		return fmt.Errorf("space: share %s: %w", dir, err)
	}
	if err := sp.library.Add(ctx, dir, forced); err != nil {
		return err
	}
	shares = slices.DeleteFunc(shares, func(s keptShare) bool { return s.Dir == dir })
	return sp.keep(append(shares, keptShare{dir, forced}))
}

// Unshare ends sharing a folder with the group. The error is library.ErrNotShare if it was
// not shared.
func (sp *Space) Unshare(ctx context.Context, dir string) error {
	sp.spaces.changing.Lock()
	defer sp.spaces.changing.Unlock()
	dir = filepath.Clean(dir)
	shares := sp.keptShares()
	left := slices.DeleteFunc(slices.Clone(shares), func(s keptShare) bool { return s.Dir == dir })
	err := sp.library.Remove(ctx, dir)
	if errors.Is(err, library.ErrNotShare) && len(left) < len(shares) {
		err = nil // it was kept, and could not be shared
	}
	if err != nil {
		return err
	}
	sp.mu.Lock()
	sp.barred = slices.DeleteFunc(slices.Clone(sp.barred), func(s library.Status) bool { return s.Dir == dir })
	sp.mu.Unlock()
	return sp.keep(left)
}

// Shares tells how each folder is doing.
func (sp *Space) Shares() []library.Status {
	sp.mu.Lock()
	barred := sp.barred
	sp.mu.Unlock()
	return append(slices.Clone(barred), sp.library.Shares()...)
}
