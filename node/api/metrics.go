package api

import (
	"context"
	"io"
	"net/http"
	"time"
)

// counted is the node for monitors.
func (s *Server) counted() (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), metricsWait)
	defer cancel()
	st, err := s.cfg.Node.Status(ctx)
	if err != nil {
		return nil, err
	}
	return statusOf(st), nil
}

// countedGroups is its groups.
func (s *Server) countedGroups() (any, error) {
	out := struct {
		Groups []Group `json:"group"`
	}{}
	for _, g := range s.cfg.Node.Groups() {
		of := s.groupOf(g, true)
		of.List = nil
		out.Groups = append(out.Groups, of)
	}
	return out, nil
}

// metricsWait bounds a look at the node.
const metricsWait = 5 * time.Second

// Metrics writes what is counted, in the text format of Prometheus.
func (c *Client) Metrics(ctx context.Context, w io.Writer) error {
	resp, err := c.request(ctx, http.MethodGet, "/metrics", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(w, resp.Body)
	return err
}
