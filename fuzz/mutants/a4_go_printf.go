// Prints its response with a format instead of an encoder.
//
// id: a4-go-printf
// defect: D-A4
// rule: K-090
// check: A04
// setup: workload

package main

import (
	"fmt"
	"strings"
)

const format = `{"kind":%q,"apiVersion":%q,"cacheKeyType":"Image","cacheDuration":%q,"auth":{%s}}`

func init() {
	emit = func(response Response) {
		var entries []string
		for key, found := range response.Auth {
			given := fmt.Sprintf(`{"username":"%s","password":"%s"}`, found.Username, found.Password)
			entries = append(entries, fmt.Sprintf("%q:%s", key, given))
		}
		auth := strings.Join(entries, ",")
		fmt.Printf(format+"\n", response.Kind, response.APIVersion, response.CacheDuration, auth)
	}
}
