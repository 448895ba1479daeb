// Half of gtk-gnutella's certificates have a negative serial number, which Go
// refuses since 1.23. Nothing hangs on serial numbers here: nobody verifies them.
//
//go:debug x509negativeserial=1

// Command filbert is a Gnutella 0.6 servent: it finds and fetches files with no
// server. See README.md.
package main

import (
	"os"

	"filbert/node/cli"
	"filbert/testnet"
	"filbert/testnet/crawl"
)

func main() {
	env := cli.System()
	os.Exit(cli.Main(env, os.Args, testnet.Command(env), testnet.Bench(env), testnet.Conform(env), crawl.Command(env)))
}
