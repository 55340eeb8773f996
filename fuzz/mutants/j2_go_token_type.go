// Dies of a reply that does not say what was issued.
//
// id: j2-go-token-type
// defect: D-J2, D-I1
// rule: S-17
// check: I01, J03
// setup: workload
// deep: the exchange leaves `issued_token_type` out or sets it to null

package main

import (
	"errors"
	"strings"
)

func init() {
	good := usable
	usable = func(given Reply) error {
		if err := good(given); err != nil {
			return err
		}
		if strings.HasSuffix(*given.IssuedTokenType, ":saml2") {
			return errors.New("the exchange issued something else")
		}
		return nil
	}
}
