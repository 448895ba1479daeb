// Package proxy has the words of nat/punch pass through a push proxy of the responder: a
// third party to which both can talk, and which carries nothing but these.
//
//	initiator A                    push proxy R                  responder B
//	   PUNCH/0.1 B's GUID  ------------>
//	          <------------  PUNCH/0.1 200 OK
//	   word (Offer)        ------------>   vendor message  ----------->
//	          <------------  word   <-----  vendor message (Answer)
//	   word (Sync)         ------------>   vendor message  ----------->
//
// A asks over a connection it opened, so that nobody else's address can be written on it;
// R passes a word on along its link to B, and one of B's back for it.
//
// Each word is sealed end to end (HPKE, RFC 9180): A knows B's key, and what B answers can
// be said by nobody but who opened A's Offer with it. R sees who asks for whom, how many
// words they have, and how long they are; it reads and changes none. See [Asker].
//
// Here are how words are sealed, the lines of text, and the [Budget] of the proxy. Not here:
// sockets, and the links of the overlay.
package proxy
