package download

import "testing"

// TestSlowRate: the rate that is shown is that of what comes, from a source too
// that needs half a minute for one slice.
func TestSlowRate(t *testing.T) {
	const perSecond = 2_500
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, mb)
		source := plant(t, n, file, b, treesOf(b))
		source.rate = steady(perSecond)
		d := open(t, folder(), Config{Connector: n})
		d.add(file, source.Source)
		first := d.until(file, "on its way", func(s Status) bool { return s.Rate > perSecond*9/10 })
		second := d.until(file, "a slice further", func(s Status) bool { return s.Have > first.Have })
		if low, high := int64(perSecond*9/10), int64(perSecond*11/10); first.Rate > high || second.Rate < low || second.Rate > high {
			t.Errorf("%d and %d B/s, want %d", first.Rate, second.Rate, perSecond)
		}
		d.want(file, Complete)
	})
}
