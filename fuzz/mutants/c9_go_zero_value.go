// Takes a member that is absent for an empty text, as Go does.
//
// id: c9-go-zero-value
// defect: D-C9, D-J2
// rule: X-140
// check: C12, J02
// setup: workload

package main

import "errors"

func init() {
	usable = func(given Reply) error {
		if given.ExpiresIn != nil && *given.ExpiresIn <= 0 {
			return errors.New("the exchange's reply has no usable expires_in")
		}
		return nil
	}
	entry = func(given Reply) Entry {
		var found Entry
		if given.Username != nil {
			found.Username = *given.Username
		}
		if given.AccessToken != nil {
			found.Password = *given.AccessToken
		}
		return found
	}
}
