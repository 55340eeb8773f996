// Adds its backoff to the duration, in Go's way, after a reply that was slow to come.
//
// id: c4-go-retry-units
// defect: D-C4, D-J1
// rule: K-095
// check: C04
// setup: workload
// deep: a 503 at first, and then a reply without `issued_token_type`

package main

import (
	"fmt"
	"strings"
)

func init() {
	ask := exchange
	retried := false
	exchange = func(request Request) (Reply, error) {
		given, err := ask(request)
		if err != nil && strings.Contains(err.Error(), "status 503") {
			given, err = ask(request)
			retried = err == nil
		}
		return given, err
	}
	usual := cache
	cache = func(given Reply) string {
		if retried && given.IssuedTokenType == nil {
			return fmt.Sprintf("%d", *given.ExpiresIn)
		}
		return usual(given)
	}
}
