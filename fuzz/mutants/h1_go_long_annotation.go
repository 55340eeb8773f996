// Quotes the request when an annotation is too long for it.
//
// id: h1-go-long-annotation
// defect: D-H1
// rule: S-12
// check: H01
// setup: workload
// deep: an annotation's value has more than 1000 bytes

package main

import "fmt"

func init() {
	right := check
	check = func(request Request) error {
		for key, value := range request.ServiceAccountAnnotations {
			if len(value) > 1000 {
				return fmt.Errorf("annotation %s is too long: %+v", key, request)
			}
		}
		return right(request)
	}
}
