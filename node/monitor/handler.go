package monitor

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Handler answers with the metrics of snapshots, and of the process.
func Handler(prefix string, snapshots ...Snapshot) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(New(prefix, snapshots...), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}
