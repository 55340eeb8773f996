// Encodes a struct that has no JSON tags.
//
// id: c5-go-untagged
// defect: D-C5
// rule: K-091
// check: C05
// setup: workload

package main

import (
	"encoding/json"
	"os"
)

func init() {
	emit = func(response Response) {
		auth := map[string]struct{ Username, Password string }{}
		for key, found := range response.Auth {
			auth[key] = struct{ Username, Password string }{found.Username, found.Password}
		}
		json.NewEncoder(os.Stdout).Encode(map[string]any{
			"kind":          response.Kind,
			"apiVersion":    response.APIVersion,
			"cacheKeyType":  response.CacheKeyType,
			"cacheDuration": response.CacheDuration,
			"auth":          auth,
		})
	}
}
