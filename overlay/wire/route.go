package wire

// Variants of a QRP message, its first byte.
const (
	routeReset = 0x00
	routePatch = 0x01
)

// parseRoute reads a QRP message, a *RouteReset or *RoutePatch. What a table
// may be is for its owner to judge (BYE 413).
func parseRoute(p []byte) (Message, error) {
	if len(p) == 0 {
		return nil, malformed(TypeRoute, "variant", 0, reasonShort)
	}
	switch p[0] {
	case routeReset:
		return parseRouteReset(p)
	case routePatch:
		return parseRoutePatch(p)
	}
	return nil, malformed(TypeRoute, "variant", 0, "unknown")
}
