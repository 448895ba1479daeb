package bench

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain makes the test binary the program that Relay starts once more.
func TestMain(m *testing.M) {
	if args := os.Args[1:]; len(args) == 4 && args[0] == "bench" && args[1] == "relay-target" && args[2] == "--kind" {
		if err := RelayTarget(context.Background(), args[3], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
