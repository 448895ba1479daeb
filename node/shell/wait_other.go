//go:build !unix

package shell

import (
	"context"
	"os"
)

// waitInput does not wait: where input cannot be waited for together with a
// context, the read blocks, and Run leaves it behind when ctx ends.
func waitInput(ctx context.Context, _ *os.File) error { return ctx.Err() }
