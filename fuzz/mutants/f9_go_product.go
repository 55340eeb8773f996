// Multiplies a lifetime with a second until it overflows.
//
// id: f9-go-product
// defect: D-F9
// rule: S-04
// check: F14, F05
// setup: workload

package main

import "time"

func init() {
	cache = func(given Reply) string {
		if given.ExpiresIn == nil {
			return "0s"
		}
		return (time.Duration(*given.ExpiresIn) * time.Second).String()
	}
}
