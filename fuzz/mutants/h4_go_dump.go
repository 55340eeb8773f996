// Puts the exchange's whole reply into its error.
//
// id: h4-go-dump
// defect: D-H4
// rule: X-145
// check: H09, H01
// setup: workload

package main

import (
	"fmt"
	"net/http"
)

func init() {
	take := accept
	accept = func(status int, data []byte) (Reply, error) {
		if status != http.StatusOK {
			return Reply{}, fmt.Errorf("unexpected reply %d: %s", status, data)
		}
		return take(status, data)
	}
}
