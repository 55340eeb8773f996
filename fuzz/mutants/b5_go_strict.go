// Has the decoder refuse fields that it does not know.
//
// id: b5-go-strict
// defect: D-B5
// rule: X-001
// check: B06
// setup: workload

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

func init() {
	decode = func(data []byte) (Request, error) {
		var request Request
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		var after any
		if decoder.Decode(&request) != nil || decoder.Decode(&after) != io.EOF {
			return request, errors.New("the request is not of the right shape")
		}
		return request, check(request)
	}
}
