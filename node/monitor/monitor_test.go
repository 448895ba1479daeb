package monitor

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

type part struct {
	Bytes uint64 `json:"bytes" doc:"that came"`
	Now   uint64 `json:"now" doc:"are held" metric:"gauge"`
}

type snapshot struct {
	Schema  int               `json:"schema"`
	Name    string            `json:"name"`
	Up      bool              `json:"up" doc:"it runs"`
	Rate    float64           `json:"rate"`
	Part    part              `json:"part"`
	Absent  *part             `json:"absent,omitempty"`
	Present *part             `json:"present,omitempty"`
	Drops   map[string]uint64 `json:"drops" doc:"by reason"`
	Levels  []struct {
		Nodes int `json:"nodes"`
	} `json:"levels"`
	Sources []struct {
		Source string `json:"source"`
		Hosts  int    `json:"hosts"`
	} `json:"sources"`
	Texts  []string  `json:"texts"`
	At     time.Time `json:"at"`
	hidden int
}

func TestCollector(t *testing.T) {
	s := snapshot{
		Schema: 1, Name: "x", Up: true, Rate: 1.5, Part: part{Bytes: 7, Now: 3}, Present: &part{Bytes: 1},
		Drops: map[string]uint64{"too long": 2, "bad\xff": 1}, Texts: []string{"a"}, At: time.Now(), hidden: 1,
	}
	s.Levels = append(s.Levels, struct {
		Nodes int `json:"nodes"`
	}{4})
	s.Sources = append(s.Sources, struct {
		Source string `json:"source"`
		Hosts  int    `json:"hosts"`
	}{"seeds", 5})
	want := `
# HELP x_drops_total by reason
# TYPE x_drops_total counter
x_drops_total{reason="bad?"} 1
x_drops_total{reason="too long"} 2
# HELP x_levels_nodes
# TYPE x_levels_nodes gauge
x_levels_nodes{index="1"} 4
# HELP x_part_bytes_total that came
# TYPE x_part_bytes_total counter
x_part_bytes_total 7
# HELP x_part_now are held
# TYPE x_part_now gauge
x_part_now 3
# HELP x_present_bytes_total that came
# TYPE x_present_bytes_total counter
x_present_bytes_total 1
# HELP x_present_now are held
# TYPE x_present_now gauge
x_present_now 0
# HELP x_rate
# TYPE x_rate gauge
x_rate 1.5
# HELP x_sources_hosts
# TYPE x_sources_hosts gauge
x_sources_hosts{source="seeds"} 5
# HELP x_up it runs
# TYPE x_up gauge
x_up 1
`
	take := func() (any, error) { return s, nil }
	if err := testutil.CollectAndCompare(New("x", take), strings.NewReader(strings.ReplaceAll(want, "levels_nodes\n#", "levels_nodes \n#"))); err != nil {
		t.Error(err)
	}
}

// TestFailure: a snapshot that cannot be taken is no page without it.
func TestFailure(t *testing.T) {
	broken := func() (any, error) { return nil, errors.New("the node is stopping") }
	answer := httptest.NewRecorder()
	Handler("x", broken).ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if answer.Code != 500 || !strings.Contains(answer.Body.String(), "the node is stopping") {
		t.Errorf("%d: %s", answer.Code, answer.Body)
	}
	var _ prometheus.Collector = New("x")
}
