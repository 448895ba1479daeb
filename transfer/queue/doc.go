// Package queue decides who may upload from us now and who waits: a number of
// slots, so many of them to one host and to one network, and a line of places in
// order of arrival (PARQ 1.0).
//
//	         a slot is free                       it is free, or somebody ends
//	Ask ------------------------> granted <---- held: the answer waits with us
//	 |                                ^           |
//	 | none is                        |           | nobody ended in time
//	 +--> a place in line --- poll ---+<-- told: ask again then, of this lifetime
//
// A slot that becomes free goes at once to the first in line whose question waits
// with us, or else to whoever of the line asks next; it is reserved for nobody who
// is absent. Newcomers stand at the end of the line, but are lent a free slot for
// what is over soon if nobody of the line is there, until somebody is. A host that was granted a slot
// keeps it between its requests for a short time and, when others wait, no longer
// than its turn. Small files have a lane of their own.
//
// It is a policy: no clock, no lock, no goroutine.
package queue
