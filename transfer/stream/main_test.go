package stream

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain looks for goroutines that are left. net/http waits half a second before it closes
// some connections, which is longer than goleak waits.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}
