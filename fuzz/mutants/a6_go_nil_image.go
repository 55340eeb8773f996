// Dies of a request without an image, of which it has no pointer.
//
// id: a6-go-nil-image
// defect: D-A6, D-I1
// rule: S-17
// check: A15
// setup: workload

package main

import (
	"encoding/json"
	"strings"
)

func init() {
	strict := decode
	decode = func(data []byte) (Request, error) {
		var asked struct{ Image *string }
		if json.Unmarshal(data, &asked) != nil {
			return strict(data)
		}
		name := strings.TrimSpace(*asked.Image)
		request, err := strict(data)
		request.Image = name
		return request, err
	}
}
