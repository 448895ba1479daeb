package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
)

const (
	// followWait is how long `follow` waits for a publication that is not known here (s):
	// members tell one another what is new within a second or two.
	followWait = 3 * time.Second

	// followPoll is how often it asks (ms).
	followPoll = 250 * time.Millisecond

	// followNamed is how many publications it names that there are (count).
	followNamed = 20
)

// followSoon follows a publication, which another member may have made just now.
func (r *runner) followSoon(c *cli.Context, n *api.Client, name, to string) error {
	group, by := c.String("group"), c.String("by")
	try := func() (missing bool, err error) {
		err = n.Follow(c.Context, group, name, by, to)
		var answered *api.Error
		return errors.As(err, &answered) && answered.Status == http.StatusNotFound, err
	}
	missing, err := try()
	if !missing {
		return err
	}
	if _, err := n.Publications(c.Context, group); err != nil { // there is no such group
		return err
	}
	r.say("%s is not known here yet; waiting up to %v for word from the group", name, followWait)
	ctx, cancel := context.WithTimeout(c.Context, followWait)
	defer cancel()
	tick := time.NewTicker(followPoll)
	defer tick.Stop()
	for missing && ctx.Err() == nil {
		select {
		case <-tick.C:
			missing, err = try()
		case <-ctx.Done():
		}
	}
	if !missing || c.Context.Err() != nil {
		return errors.Join(err, c.Context.Err())
	}
	list, failed := n.Publications(c.Context, group)
	if failed != nil {
		return failed
	}
	return fail(exitNotFound, "%w; %s", err, published(list))
}

// published names what is published.
func published(list []api.Publication) string {
	var names []string
	for _, p := range list {
		if p.Version > 0 && len(names) < followNamed {
			names = append(names, fmt.Sprintf("%s by %s", p.Name, publisherOf(p)))
		}
	}
	if len(names) == 0 {
		return "nothing is published there, as far as is known here; `filbert publish DIR --group GROUP` does so"
	}
	return "there is " + strings.Join(names, ", ")
}
