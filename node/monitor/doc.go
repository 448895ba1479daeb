// Package monitor shows what is counted to Prometheus, in its text format: every number
// of a snapshot is a metric, so that nothing that is counted can be left out.
package monitor
