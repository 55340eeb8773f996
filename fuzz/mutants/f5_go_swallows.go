// Logs the exchange's error and answers without a credential.
//
// id: f5-go-swallows
// defect: D-F5, D-H4
// rule: S-13
// check: F10, F09
// setup: workload

package main

import (
	"log"
	"os"
)

func init() {
	ask := exchange
	exchange = func(request Request) (Reply, error) {
		given, err := ask(request)
		if err != nil {
			log.Print("no credential: ", err)
			emit(answer(map[string]Entry{}, "5m0s"))
			os.Exit(0)
		}
		return given, nil
	}
}
