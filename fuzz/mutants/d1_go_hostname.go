// Asks net/url for the host name, which has no port.
//
// id: d1-go-hostname
// defect: D-D1, D-D6
// rule: K-043
// check: D02, D01
// setup: workload

package main

import "net/url"

func init() {
	authKey = func(image string) string {
		parsed, err := url.Parse("https://" + image)
		if err != nil {
			return image
		}
		return parsed.Hostname()
	}
}
