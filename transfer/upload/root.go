package upload

import (
	"net/http"
)

// isRead reports whether a request is one that Config.Root is to answer.
func isRead(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && !hasBody(r)
}

// hasBody reports whether a request has a body, which none has here.
func hasBody(r *http.Request) bool { return r.ContentLength != 0 || len(r.TransferEncoding) > 0 }

// introduce says what we can do, once on a connection.
func (a *answer) introduce() {
	if a.conn != nil && a.conn.met {
		return
	}
	features := featureQueue
	if a.server.cfg.Features != "" {
		features = a.server.cfg.Features + ", " + features
	}
	if a.server.cfg.Mesh != nil {
		features += ", " + featureFirewalled + "/0.1"
	}
	features += ", " + featureWant
	a.w.Header().Set(headerFeatures, features)
	if a.conn != nil {
		a.conn.met = true
	}
}

// rootWriter counts the answer of Config.Root as one of this package's own: who
// is refused too often in a row loses the connection.
type rootWriter struct {
	http.ResponseWriter
	answer *answer
	wrote  bool
}

// WriteHeader implements http.ResponseWriter.
func (w *rootWriter) WriteHeader(status int) {
	if conn := w.answer.conn; conn != nil && !w.wrote {
		if status < http.StatusBadRequest {
			conn.errors = 0
		} else if conn.errors++; conn.errors >= maxErrors {
			w.Header().Set("Connection", "close")
		}
	}
	if !w.wrote {
		w.answer.server.answered(status)
	}
	w.wrote = true
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *rootWriter) Write(b []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *rootWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
