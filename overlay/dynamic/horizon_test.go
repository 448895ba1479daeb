package dynamic

import "testing"

// TestHorizon: the published figures.
func TestHorizon(t *testing.T) {
	for _, test := range []struct{ degree, ttl, hosts, horizon int }{
		{6, 7, 19531, 5119},
		{32, 0, 0, 0}, {32, 1, 1, 1}, {32, 2, 32, 25}, {32, 3, 993, 635}, {32, 4, 30784, 15761},
		{30, 3, 871, 557},
		{1, 4, 1, 0}, {2, 3, 3, 1},
	} {
		if got := int(hosts(test.degree, test.ttl)); got != test.hosts {
			t.Errorf("hosts(%d, %d) = %d, want %d", test.degree, test.ttl, got, test.hosts)
		}
		if got := int(horizon(test.degree, test.ttl)); got != test.horizon {
			t.Errorf("horizon(%d, %d) = %d, want %d", test.degree, test.ttl, got, test.horizon)
		}
	}
	// What is not told is taken to be 8, and no more than 50 is believed.
	for degree, want := range map[int]float64{-1: 57, 0: 57, 8: 57, 50: 2451, 51: 2451, 1 << 30: 2451} {
		c := Candidate{Degree: degree}
		if got := c.horizon(3) / hopLoss / hopLoss; int(got+0.5) != int(want) {
			t.Errorf("degree %d: %v hosts within TTL 3, want %v", degree, got, want)
		}
	}
}
