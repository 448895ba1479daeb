package portmap

import (
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if by, ok := strings.CutPrefix(os.Getenv("FILBERT_PORTMAP_ROLE"), "node "); ok {
		node(by)
		return
	}
	goleak.VerifyTestMain(m)
}
