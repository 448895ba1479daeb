// Package query is the vocabulary of search: what is asked, what is found, who
// can find it, and the numbered list of what was found. How to find is up to
// the locators in its sub-packages, none of which knows another; fetching is up
// to package transfer.
package query
