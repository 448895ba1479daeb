//go:build race

package testnet

// raceDetector tells that the race detector watches: cities are smaller then,
// for each step costs six times as much.
const raceDetector = true
