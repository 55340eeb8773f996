// Has Go encode a time.Duration, which gives a number.
//
// id: c4-go-nanoseconds
// defect: D-C4
// rule: K-095
// check: C04
// setup: workload

package main

import (
	"encoding/json"
	"os"
	"time"
)

func init() {
	emit = func(response Response) {
		duration, _ := time.ParseDuration(response.CacheDuration)
		json.NewEncoder(os.Stdout).Encode(struct {
			Response
			CacheDuration time.Duration `json:"cacheDuration"`
		}{response, duration})
	}
}
