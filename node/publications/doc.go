// Package publications gives folders to the members of a group, version by version, and
// takes those of others.
//
// A publisher announces the newest version on the board of the group (topic Announcements):
// the hash of a manifest (transfer/publication). Who follows it fetches the manifest and then
// the bundle of its files in the space of the group, like any other file: from all members
// that have something of it, verified slice by slice, resumed after a restart. What older
// versions here have in common with it is copied from them. Then the files are laid out in a
// folder of the version, which gets its name when all of it is on disk, and from then on the
// bundle is given to others out of these files. Each follower tells on the board (topic Haves)
// how much it has.
//
//	wanted ---> manifest ---> bundle ---> laid out ---> held ---> removed, when there are
//	                                                             enough newer ones
//
// A publication is named by its publisher and its name: nobody can publish for another, since
// the board is signed. Guests do not publish.
//
// On disk, in the folder of the space:
//
//	.filbert-publications/<publication>/<SHA-1>.manifest   of versions held and on their way
//	                                    <SHA-1>.bundle     until it is laid out
//	                                    <SHA-1>.tree       the hash tree of a bundle
//
// and in node/state which versions are where. What a kill interrupts is begun again from
// these; what is not named by them is somebody else's and is never touched.
package publications
