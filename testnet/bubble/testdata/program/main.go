// Program is a normal binary that uses package bubble; its argument chooses what goes on in the bubble.
package main

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"filbert/testnet/bubble"
)

func main() {
	switch os.Args[1] {
	case "sleep":
		began := time.Now()
		bubble.Run(func() {
			start := time.Now()
			go time.Sleep(12 * time.Hour)
			time.Sleep(24 * time.Hour)
			fmt.Println("virtual", time.Since(start))
		})
		fmt.Println("real seconds", int(time.Since(began)/time.Second/30))
	case "wait":
		bubble.Run(func() {
			n := 0
			go func() { n = 42 }()
			bubble.Wait()
			fmt.Println("n", n)
		})
	case "twice":
		bubble.Run(func() { time.Sleep(time.Second) })
		bubble.Run(func() { time.Sleep(time.Second) })
		fmt.Println("both returned")
	case "panic":
		bubble.Run(func() { bang() })
	case "panic in goroutine":
		bubble.Run(func() { go bang(); time.Sleep(time.Second) })
	case "goexit":
		bubble.Run(func() { runtime.Goexit() })
	case "deadlock":
		bubble.Run(func() { stuck() })
	case "left behind":
		bubble.Run(func() { go stuck() })
	case "left asleep":
		bubble.Run(func() { go time.Sleep(time.Second) })
	case "recovered":
		defer func() { fmt.Println("caller saw", recover()) }()
		bubble.Run(func() { stuck() })
	case "nested":
		bubble.Run(func() { bubble.Run(func() {}) })
	case "outside":
		bubble.Wait()
	}
}

func bang()  { panic("bang") }
func stuck() { <-make(chan int) }
