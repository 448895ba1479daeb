// Package node puts one servent together: it opens what the parts stand on,
// builds them, joins them through the small interfaces that each part defines,
// runs them and stops them. It decides nothing about routing, searching or
// transferring; see overlay, query and transfer.
package node
