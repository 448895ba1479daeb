package conform

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"filbert/testnet/process"
)

// program is filbert, built once for all tests of the package.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "filbert-conform-")
	if err == nil {
		program, err = process.Build(context.Background(), dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.RemoveAll(dir)
	os.Exit(code)
}
