package identity

import "testing"

// TestSafetyNumber pins the digits, which were computed by other code (Python's hashlib)
// from the description: people wrote them down.
func TestSafetyNumber(t *testing.T) {
	var a, b PeerID
	for i := range a {
		a[i], b[i] = byte(i), 0xff
	}
	const want = "79303 38286 66489 02347 12906 20850 96783 01527 00170 57538 55378 97200"
	if got := SafetyNumber(a, b); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := SafetyNumber(b, a); got != want {
		t.Errorf("the other side sees %s, want %s", got, want)
	}
	for _, other := range []PeerID{a, {}, {0: 0xfe}} {
		if got := SafetyNumber(other, b); (other == a) != (got == want) {
			t.Errorf("with %v: %s", other, got)
		}
	}
}
