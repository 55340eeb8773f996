// Returns an error for images that it does not know.
//
// id: e7-go-error
// defect: D-E7
// rule: K-107
// check: E07
// setup: workload

package main

import "errors"

func init() {
	decline = func(Request) (Response, error) {
		return Response{}, errors.New("this registry is not configured")
	}
}
