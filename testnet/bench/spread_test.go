package bench

import "testing"

func TestSpread(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   Spread
	}{
		{nil, Spread{}},
		{[]float64{3}, Spread{3, 3, 3}},
		{[]float64{4, 1}, Spread{2.5, 1, 4}},
		{[]float64{9, 1, 5}, Spread{5, 1, 9}},
		{[]float64{5, 100, -1, 4}, Spread{4.5, -1, 100}},
	} {
		if got := spreadOf(test.values); got != test.want {
			t.Errorf("spread of %v is %+v, want %+v", test.values, got, test.want)
		}
	}
	values := []float64{3, 1, 2}
	if spreadOf(values); values[0] != 3 {
		t.Error("the values were sorted in place: the runs are out of order now")
	}
}
