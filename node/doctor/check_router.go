package doctor

import "fmt"

// router: how much of the table of the router is taken.
func (f Facts) router() Check {
	c, r := Check{Name: "router"}, f.Router
	if r.None {
		c.Found = "none translates for this machine"
		return c
	}
	c.Found = fmt.Sprintf("%d entries of ours in its table, %d at most so far, of %d that we allow ourselves", r.Entries, r.Most, r.Limit)
	if r.Refused > 0 {
		c.Found += fmt.Sprintf("; %d datagrams and connections found no room", r.Refused)
	}
	if r.Entries >= r.Limit-r.Limit/8 {
		c.Level = Warn
		c.Means = "datagrams to new hosts are lost and transfers wait, so that the router goes on working for everybody behind it"
		c.Do = "let fewer searches and downloads run at once"
	}
	return c
}
