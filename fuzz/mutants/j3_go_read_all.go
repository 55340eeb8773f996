// Reads the exchange's reply to its end.
//
// id: j3-go-read-all
// defect: D-J3
// rule: X-145
// check: J07
// setup: workload

package main

import "math"

func init() { mostReply = math.MaxInt64 - 1 }
