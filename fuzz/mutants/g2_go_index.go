// Looks into the second part of a token that has none.
//
// id: g2-go-index
// defect: D-G2, D-I1
// rule: K-076
// check: G01, G15, I01
// setup: workload

package main

import (
	"encoding/base64"
	"errors"
	"strings"
)

func init() {
	ask := exchange
	exchange = func(request Request) (Reply, error) {
		claims := strings.Split(request.ServiceAccountToken, ".")[1]
		if _, err := base64.RawURLEncoding.DecodeString(claims); err != nil {
			return Reply{}, errors.New("the token is not a JWT")
		}
		return ask(request)
	}
}
