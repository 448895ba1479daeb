package monitor

import (
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Snapshot takes a picture: a struct. The error leaves it out.
type Snapshot func() (any, error)

// Collector makes metrics of snapshots. It implements prometheus.Collector.
//
// A field is called as in JSON, behind the names of those around it and the prefix; its help
// is what its doc tag says. A uint64 is a counter, as it only goes up, unless its metric tag
// says "gauge"; other numbers and bools are gauges. Maps from strings have a label "reason";
// members of a slice the label of their first text, or "index", from 1. Texts, times and
// what is absent in JSON are left out.
type Collector struct {
	prefix    string
	snapshots []Snapshot
}

// New makes a Collector.
func New(prefix string, snapshots ...Snapshot) *Collector { return &Collector{prefix, snapshots} }

// Describe implements prometheus.Collector: what there is depends on the snapshot.
func (*Collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(out chan<- prometheus.Metric) {
	for _, take := range c.snapshots {
		v, err := take()
		if err != nil {
			out <- prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(err), err)
			continue
		}
		w := walk{out: out}
		w.visit(reflect.ValueOf(v), c.prefix, "", false)
	}
}

// walk goes through one snapshot.
type walk struct {
	out           chan<- prometheus.Metric
	names, values []string // of labels
}

func (w walk) visit(v reflect.Value, name, help string, gauge bool) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			w.visit(v.Elem(), name, help, gauge)
		}
	case reflect.Struct:
		if v.Type() != reflect.TypeFor[time.Time]() {
			w.fields(v, name)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			w.with("reason", key.String()).visit(v.MapIndex(key), name, help, gauge)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct {
			for i := range v.Len() {
				w.member(v.Index(i), name, i)
			}
		}
	case reflect.Bool:
		w.emit(name, help, prometheus.GaugeValue, map[bool]float64{true: 1}[v.Bool()])
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		w.emit(name, help, prometheus.GaugeValue, float64(v.Int()))
	case reflect.Float32, reflect.Float64:
		w.emit(name, help, prometheus.GaugeValue, v.Float())
	case reflect.Uint64:
		if gauge {
			w.emit(name, help, prometheus.GaugeValue, float64(v.Uint()))
		} else {
			w.emit(name+"_total", help, prometheus.CounterValue, float64(v.Uint()))
		}
	}
}

func (w walk) fields(v reflect.Value, name string) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		of, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if of == "" || of == "-" || of == "schema" {
			continue
		}
		w.visit(v.Field(i), name+"_"+of, field.Tag.Get("doc"), field.Tag.Get("metric") == "gauge")
	}
}

// member visits one of a slice.
func (w walk) member(v reflect.Value, name string, i int) {
	for j := range v.NumField() {
		if v.Field(j).Kind() == reflect.String {
			of, _, _ := strings.Cut(v.Type().Field(j).Tag.Get("json"), ",")
			w.with(of, v.Field(j).String()).fields(v, name)
			return
		}
	}
	w.with("index", strconv.Itoa(i+1)).fields(v, name)
}

// with is w with another label.
func (w walk) with(name, value string) walk {
	w.names = append(w.names[:len(w.names):len(w.names)], name)
	w.values = append(w.values[:len(w.values):len(w.values)], strings.ToValidUTF8(value, "?"))
	return w
}

func (w walk) emit(name, help string, kind prometheus.ValueType, value float64) {
	m, err := prometheus.NewConstMetric(prometheus.NewDesc(name, help, w.names, nil), kind, value, w.values...)
	if err != nil {
		m = prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(err), err)
	}
	w.out <- m
}
