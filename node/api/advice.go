package api

import (
	"errors"
	"io/fs"

	"filbert/transfer"
	"filbert/transfer/store"
)

// text is an error for a user, with what to do about it where that is known.
func text(err error) string {
	said := transfer.Display(err.Error())
	switch {
	case errors.Is(err, store.ErrNoSpace):
		return said + "; free some, or name another folder with `filbert config set downloads DIR`"
	case errors.Is(err, fs.ErrPermission):
		return said + "; let the user that runs the node read it"
	}
	return said
}
