package stun

import (
	"context"
	"fmt"
	"time"

	"github.com/pion/stun/v2"
)

// hairpin has two ports behind the NAT knock at one another's mapped addresses, by
// which each opens the filter on its own side. What is asked is not answered: it is
// enough that a knock was heard.
func (d *discovery) hairpin(ctx context.Context) {
	if d.report.NAT == No || ctx.Err() != nil {
		return
	}
	id, _, err := d.Client.begin()
	if err != nil {
		return
	}
	defer d.Client.end(id)
	knock := message{class: stun.ClassRequest, id: id}
	opens := knock
	opens.id[0] ^= 0xff
	for i := range hairpinSends {
		d.fresh.write(opens.bytes(), d.report.Mapped) // if that fails the verdict is no
		d.Client.write(knock.bytes(), d.freshMapped)
		heard, err := d.heard(ctx, id, d.Client.config(d.patience()).wait(i))
		switch {
		case err != nil:
			return
		case heard:
			d.concludeHairpin(Yes, "it came", "hosts behind the NAT reach one another by its address")
			return
		}
	}
	if d.report.Mapping == MappingEndpointIndependent || d.report.Filtering == FilteringEndpointIndependent {
		d.concludeHairpin(No, "nothing came", "hosts behind the NAT do not reach one another by its address")
		return
	}
	// Each knock came from an address made for it, which no filter was opened for.
	d.concludeHairpin(Unknown, "nothing came", "not known: it may be the filter that kept it out")
}

// heard waits for a knock.
func (d *discovery) heard(ctx context.Context, id transactionID, wait time.Duration) (bool, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case got := <-d.fresh.knocks:
			if got == id {
				return true, nil
			}
		case <-timer.C:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

func (d *discovery) concludeHairpin(v Verdict, answer, means string) {
	d.report.Hairpin = v
	d.report.find("hairpin", fmt.Sprintf("our own other port, by its mapped address %v", d.freshMapped), answer, means)
}
