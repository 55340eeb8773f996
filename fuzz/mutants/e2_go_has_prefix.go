// Takes an image for its own that begins like its registry.
//
// id: e2-go-has-prefix
// defect: D-E2, D-D8
// rule: S-09
// check: E02
// setup: workload

package main

import (
	"os"
	"strings"
)

func init() {
	owns = func(image string) bool {
		for _, registry := range strings.Split(os.Getenv("PROVIDER_REGISTRIES"), ",") {
			if strings.HasPrefix(image, registry) {
				return true
			}
		}
		return false
	}
}
