// Writes the duration of one role as a number of hours.
//
// id: c4-go-tenant-hours
// defect: D-C4, D-G4
// rule: K-095
// check: C04
// setup: workload
// deep: an annotation begins with `tenant-`

package main

import "strings"

func init() {
	var tenant string
	right := check
	check = func(request Request) error {
		tenant = request.ServiceAccountAnnotations["registry.example/role"]
		return right(request)
	}
	usual := cache
	cache = func(given Reply) string {
		if strings.HasPrefix(tenant, "tenant-") {
			return "1 hour"
		}
		return usual(given)
	}
}
