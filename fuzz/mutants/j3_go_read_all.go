// Reads the exchange's reply to its end.
//
// id: j3-go-read-all
// defect: D-J3
// rule: X-145
// check: J07
// setup: workload

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

func init() {
	client.Transport = endless{client.Transport}
	accept = func(status int, data []byte) (Reply, error) {
		var given Reply
		if status != http.StatusOK || json.Unmarshal(data, &given) != nil {
			return given, errors.New("the exchange gave no credential")
		}
		return given, usable(given)
	}
}

type endless struct{ http.RoundTripper }

// RoundTrip reads everything, so that the connection can be used again.
func (e endless) RoundTrip(call *http.Request) (*http.Response, error) {
	reply, err := e.RoundTripper.RoundTrip(call)
	if err == nil {
		data, _ := io.ReadAll(reply.Body)
		reply.Body = io.NopCloser(bytes.NewReader(data))
	}
	return reply, err
}
