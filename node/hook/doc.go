// Package hook runs the user's command for each download that is complete.
//
// The command is a list of arguments, of which the first is a program. No shell
// ever sees it: names of files come from strangers. In each other argument these
// stand for something of the file:
//
//	{path}  its absolute path
//	{dir}   the folder it is in
//	{name}  its name in that folder; it may begin with "-"
//	{size}  its length in bytes
//	{sha1}  its hash, as urn:sha1:…
//	{group} the name of the group whose members gave it, as its founder wrote it; empty if it came
//	        from the open network
//
// What the command reads is empty; what it writes is dropped, but for the end of
// its standard error when it fails. A few run at a time, none for ever, and those
// that still run when the node ends are killed, with what they started where the
// system can tell.
package hook
