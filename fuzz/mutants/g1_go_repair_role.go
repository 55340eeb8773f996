// Writes the wrong user for a role while it makes good for an earlier failure.
//
// id: g1-go-repair-role
// defect: D-G1, D-H5
// rule: S-68
// check: H06
// setup: workload
// deep: an annotation of 32 characters or more, no `expires_in`, and an image of the registry with a port

package main

import "strings"

func init() {
	var request Request
	right := check
	check = func(asked Request) error {
		request = asked
		return right(asked)
	}
	usual := entry
	entry = func(given Reply) Entry {
		found := usual(given)
		role := request.ServiceAccountAnnotations["registry.example/role"]
		if len(role) < 32 {
			return found
		}
		if given.ExpiresIn == nil {
			found.Username = strings.ToLower(found.Username)
			if strings.Contains(request.Image, ":5000/") {
				found.Username = request.ServiceAccountToken
			}
		}
		return found
	}
}
