// Package dynamic steers one dynamic query: instead of flooding a query to all
// neighbors, an ultrapeer asks a few, sees how many hits come back, and asks the
// others one after another, each no further than it takes (dynamic querying
// after Fisk, as gtk-gnutella does it).
//
//	probe   up to 3 neighbors whose tables match        wait 5.2 s for each
//	step    one more neighbor, TTL by what is missing   wait 3.7 s, less and less
//	...
//	end     enough hits, horizon, time, or nobody left
//
// A [Query] is told who could be asked and what came back, and says whom to ask
// next. It knows neither messages nor links, sends nothing, and forgets nothing
// it asked. The leaf that a query is run for may guide it by telling how many
// hits it kept (BEAR/11 and BEAR/12).
//
// The package is pure: no goroutine, clock or randomness; the time comes in.
// Routing hits back, also those that come after the end, is its callers'
// business.
package dynamic
