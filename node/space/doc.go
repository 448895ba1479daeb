// Package space is what a peer group shares among its members: the folders that a member
// shares with it, what members fetch from one another, and how.
//
// A Space is one group's, and has a library, downloads with a folder of their own, and a
// server of files. They are those of packages transfer/library, download and upload, once
// more for each group: nothing of them is known to what the node shares with everybody, to
// its index, its mesh, its routing tables or the answers on its port, so nothing can leak
// there. The bandwidth limits alone are shared with the rest of the node.
//
// Members speak HTTP over lines (Service), which prove who is at the other end:
//
//	opens  ID of the group CR LF          58 bytes
//	takes  OK CR LF or NO CR LF           4 bytes; NO to who is no member, and of a group
//	                                      that the node is not in, so that nobody learns which
//	opens  GET /uri-res/N2R?urn:sha1:…    and so on, as between all servents
//
// Who is a member is looked up for each piece that is read or written, by the records of
// overlay/group, so that a connection of who is expelled is of no use from then on.
//
// Each member says on the group's board which files it has (page.go), so that every member has
// a list of all that the others have, searches it without asking anybody, and knows whom to
// ask for a file.
//
// No folder of a group overlaps one that is shared with everybody; see Spaces.SharePublic.
//
// Not here: how lines are opened, and how the board is kept in step.
package space
