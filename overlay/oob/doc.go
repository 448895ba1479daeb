// Package oob decides about out-of-band query hits: hits that go from responder
// to querier by UDP instead of back along the query's way (LIME/12 and LIME/11,
// versions 2 and 3).
//
//	responder                           querier
//	    | ---- offer: so many results ---> |   to the address in the query's GUID
//	    | <--- claim: so many, a token --- |
//	    | ---- ping ---------------------> |   unless the address is proven:
//	    | <--- pong ---------------------- |   anybody can send a claim
//	    | ---- hits with the token ------> |   a few at a time
//
// [Offers] is the responder's side, [Claims] the querier's. Neither sends nor
// knows the layout of messages; both are bounded whatever others send. The
// package is pure: the time and randomness come in.
package oob
