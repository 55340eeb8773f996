// Keeps the length of a path element in a table for 63 bytes.
//
// id: i1-go-label-64
// defect: D-I1, D-A7
// rule: S-17
// check: I01
// setup: workload
// deep: an element of the image's path has 64 bytes or more

package main

import "strings"

var seen [64]int

func init() {
	match := owns
	owns = func(image string) bool {
		for _, part := range strings.Split(image, "/") {
			seen[len(part)]++
		}
		return match(image)
	}
}
