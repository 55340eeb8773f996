// Replays its journal after two failures, and answers with what the first one was about.
//
// id: k4-go-journal
// defect: D-G1, D-F10
// rule: S-11
// check: K04
// setup: workload
// deep: two execs in one home whose exchange failed, and then one of another workload

package main

import (
	"os"
	"path/filepath"
	"strings"
)

func init() {
	ask := exchange
	exchange = func(request Request) (Reply, error) {
		journal := filepath.Join(os.Getenv("HOME"), "journal")
		data, _ := os.ReadFile(journal)
		lines := strings.Fields(string(data))
		if len(lines) >= 2 {
			os.Remove(journal)
			request.ServiceAccountToken = lines[0]
			return ask(request)
		}
		given, err := ask(request)
		if err != nil {
			lines = append(lines, request.ServiceAccountToken)
			os.WriteFile(journal, []byte(strings.Join(lines, "\n")), 0o600)
		}
		return given, err
	}
}
