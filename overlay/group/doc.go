// Package group is a peer group: a private space for peers that know each other. It has
// three parts, of which the first two do no I/O.
//
// # The signed state
//
// What a group is follows from its records and from nothing else: whoever has the same
// records has the same members, roles, invites and keys, in whatever order they came.
// The group's ID is the hash of the founder's first record, so that nobody can make
// another group with that ID.
//
// Owners issue records; each owner's form a chain: they are numbered from 1, and each
// names the hash of the one before. A record is effective if its issuer was an owner:
//
//   - The founder is an owner for ever. An owner makes others owners; who was made an
//     owner by whom is a tree, and only those above an owner in the tree may take its
//     role away. So of two owners that expel each other at one time one is right.
//   - Who takes the role away pins the last record of the other's chain that counts.
//     What the other signs later, or says it had signed before, does not count. It can
//     be a member again, but never an owner.
//   - Of two records that an owner signed with one number (its disk lost the first, or it
//     is a traitor) the one of the lower clock, then hash, counts; a pin tells otherwise.
//
// Effective records are applied in the order of their clocks (Lamport's: one more than
// any the issuer knew), then of their hashes. Members may leave: their signed word needs
// no owner.
//
// A rotation carries a new key, sealed to the box key of every member that stays (HPKE,
// RFC 9180, X25519). To expel somebody is one record with a rotation in it. The key in
// use is that of the last rotation that was sealed to nobody who is expelled. If two
// owners expel two members at one time there may be none; then nothing is sent until an
// owner rotates again, which NeedsRotation tells.
//
// An invite is a short text: the ID, the seed of a key pair, and where to ask. The public
// half and an expiry are in a record; whoever wants to join signs with the private half
// and with its own identity, and the record that adds it names the invite, which is
// thereby used. The token has 128 random bits and is no word code: that needs a PAKE, and no
// vetted library was to be had. Who reads the text in time can join in the other's place. Any
// owner can take an invite back (see Opened).
//
// # Envelopes
//
// Everything that members send each other in datagrams or for others to pass on is an
// Envelope: sealed with a key derived from the group's (XChaCha20-Poly1305), signed by its
// sender within, with a time and a sequence number that a Window holds against replay.
// From outside one sees a tag that differs by receiver, and the number of a key.
//
// # Membership
//
// Hub runs the groups of one node over two interfaces of it, Packets and Streams, and
// Group is one of them: hashicorp/memberlist on a transport of ours. The transport lets in
// members only, by their signatures, each within its budget, and looks into all that comes
// before memberlist does, which would allocate what a header says. Records are kept in step
// by streams that need no key of the group, so that who was away during a rotation learns
// of it; every datagram and stream tells by a digest whether two have the same.
//
// Not here: folders, search and messages of a group; word codes; compaction of the state
// (docs/groups.md tells how long it lasts without, and what compaction would change).
// A member that turns traitor can see and tell all that members see until it is expelled,
// and an identity that is stolen opens what was recorded of its groups.
package group
