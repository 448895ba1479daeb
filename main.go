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
	os.Exit(cli.Main(env, os.Args, testnet.Command(env), testnet.Bench(env), crawl.Command(env)))
}
