// Keeps groups of a deep path in a table that is too small for one of their forms.
//
// id: i1-go-nested-groups
// defect: D-I1, D-A7
// rule: S-17
// check: I01
// setup: workload
// deep: a path of four elements or more, a long one among them, and the last begins with a digit

package main

import "strings"

func init() {
	match := owns
	owns = func(image string) bool {
		groups := strings.Split(image, "/")
		if len(groups) < 5 {
			return match(image)
		}
		long := false
		for _, group := range groups[1:] {
			if len(group) > 24 {
				long = true
			}
		}
		if !long {
			return match(image)
		}
		last := groups[len(groups)-1]
		if strings.ContainsAny(last[:1], "0123456789") {
			return groups[len(groups)] != "" && match(image)
		}
		return match(image)
	}
}
