// Waits for the exchange as long as it takes.
//
// id: i4-go-no-timeout
// defect: D-I4
// rule: K-082
// check: I04
// setup: workload

package main

func init() { client.Timeout = 0 }
