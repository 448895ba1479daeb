package punch

import (
	"fmt"
	"slices"
	"testing"
)

func TestChoose(t *testing.T) {
	own := []Candidate{{Host, at("192.168.1.2:6346")}, {Reflexive, at("203.0.113.1:6346")}}
	for _, tc := range []struct {
		name   string
		theirs []Candidate
		use    []string
		not    []Reason
	}{
		{"ranked", []Candidate{
			{Predicted, at("203.0.113.2:5001")}, {Reflexive, at("203.0.113.2:5000")}, {Mapped, at("203.0.113.2:6346")}, {IPv6, at("[2001:db8::2]:6346")},
		}, []string{"IPv6", "mapped", "reflexive", "predicted"}, nil},
		{"another network", []Candidate{{Host, at("192.168.1.3:6346")}, {Reflexive, at("203.0.113.2:5000")}}, []string{"reflexive"}, []Reason{PrivateAddress}},
		{"the same network", []Candidate{{Host, at("192.168.1.3:6346")}, {Reflexive, at("203.0.113.1:5000")}}, []string{"host", "reflexive"}, nil},
		{"a carrier's", []Candidate{{Host, at("100.64.0.3:6346")}}, nil, []Reason{PrivateAddress}},
		{"liars", []Candidate{
			{Host, at("127.0.0.1:6346")}, {Reflexive, at("[::1]:6346")}, {Reflexive, at("[::ffff:127.0.0.1]:6346")}, {Mapped, at("224.0.0.1:6346")},
			{Reflexive, at("198.51.100.1:0")}, {Reflexive, at("198.51.100.1:53")}, {Reflexive, at("0.0.0.0:6346")}, {Mapped, at("255.255.255.255:6346")},
		}, nil, []Reason{LoopbackAddress, MulticastAddress, BadAddress, LoopbackAddress, LoopbackAddress, ServicePort, ServicePort, BadAddress}},
		{"twice", []Candidate{{Reflexive, at("203.0.113.2:5000")}, {Mapped, at("203.0.113.2:5000")}}, []string{"mapped"}, nil},
		{"our own", []Candidate{{Reflexive, at("203.0.113.1:6346")}}, nil, []Reason{BadAddress}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			use, not := choose(own, tc.theirs)
			var kinds []string
			for _, c := range use {
				kinds = append(kinds, c.Kind.String())
			}
			var why []Reason
			for _, f := range not {
				why = append(why, f.Reason)
			}
			slices.Sort(why)
			slices.Sort(tc.not)
			if !slices.Equal(kinds, tc.use) || !slices.Equal(why, tc.not) {
				t.Errorf("use %v, not %v", use, not)
			}
		})
	}
}

func TestPredict(t *testing.T) {
	for _, tc := range []struct {
		port  int
		delta int16
		n     int
		want  string
	}{{5000, 1, 3, "[5001 5002 5003]"}, {5000, -2, 2, "[4998 4996]"}, {5000, 0, 3, "[]"}, {65534, 1, 3, "[65535]"}, {1025, -1, 3, "[1024]"}, {5000, 1, 90, "[5001 5002 5003 5004 5005 5006 5007 5008]"}} {
		ports := []uint16{}
		for _, c := range Predict(at(fmt.Sprintf("203.0.113.2:%d", tc.port)), tc.delta, tc.n) {
			ports = append(ports, c.Addr.Port())
		}
		if got := fmt.Sprint(ports); got != tc.want {
			t.Errorf("from %d by %d: %s, want %s", tc.port, tc.delta, got, tc.want)
		}
	}
}
