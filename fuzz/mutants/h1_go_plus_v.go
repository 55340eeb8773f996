// Formats its request into an error with %+v.
//
// id: h1-go-plus-v
// defect: D-H1
// rule: S-12
// check: H01
// setup: workload

package main

import "fmt"

func init() {
	ask := exchange
	exchange = func(request Request) (Reply, error) {
		given, err := ask(request)
		if err != nil {
			err = fmt.Errorf("cannot answer %+v: %w", request, err)
		}
		return given, err
	}
}
