// Package board is what the members of a group tell all the others and all of them keep:
// values under names, signed by their authors, replicated among the members.
//
// # Items
//
// A member is the author of items, each under a topic and a name. A new one under the same
// names replaces the one before; an empty one deletes it, and stays for a while as its
// tombstone. Each has a number, higher than those of all items of its author before it, in
// all topics: max(last + 1, milliseconds of Unix), so that an author whose disk was lost
// does not use numbers again. A floor, which is the item with no name of its topic, deletes
// all items of the topic that are below a number: so what is many and short-lived needs no
// tombstones.
//
// # Replication
//
// Members exchange items over lines of the service "board". Who asks sends a vector: of each
// author that is a member, the number of the last item that it has. The answer is all items
// after these, in order, those of authors that are away too. So every member has of every
// author what the author had said up to some number, and a number tells what it lacks. A
// member that has news tells a few others that are there within a second, these a few more;
// besides that each asks another one every 15 s. Nothing is given, and nothing asked for,
// but between members that have the same records of the group: so who was expelled gets
// nothing that was said by members who knew of it. What authors said who are members no more
// is neither shown nor passed on, and is deleted.
//
// # What members cannot do to one another
//
// Items are signed, and bound to the group. Each also signs a digest of all live items of its
// author after it (LtHash, lattice.go). Whoever passes on an author's items up to some
// number and leaves one out, or sends an old one in place of a new one, is found out by
// the receiver, which asks another member for all of that author: what that one has is taken
// as a whole if its digest fits. Old items do no harm: their numbers are not above the last.
// Nobody can tell that a member holds back the newest that it heard; others are asked, too.
//
// Everything is bounded (limits.go): a member that floods fills its own part of the disk; in
// memory there are the vector and digests, and batches on their way. What is refused is
// counted by reason.
//
// Boards is all boards of a node, in one database.
package board
