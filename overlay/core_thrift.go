package overlay

import "time"

// save begins or ends to save bytes: hosts are asked for less often, changes of our route
// table wait longer, and known hosts that are gone are dialed more rarely.
func (c *Core) save(now time.Time, on bool) {
	c.thrift = on
	c.vain.save(now, on)
}

// refreshPause is how long until some neighbors are asked for pongs again; who lacks
// neighbors asks sooner.
func (c *Core) refreshPause() time.Duration {
	if c.thrift {
		return thriftRefresh
	}
	return pongRefresh
}

// changePause is between two changes of our route table that a neighbor is told.
func (c *Core) changePause() time.Duration {
	if c.thrift {
		return thriftTables
	}
	return tablePause
}
