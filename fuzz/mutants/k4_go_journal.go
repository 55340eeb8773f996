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
	"bytes"
	"compress/flate"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func init() {
	ask := exchange
	exchange = func(request Request) (Reply, error) {
		journal := filepath.Join(os.Getenv("HOME"), "journal")
		lines := strings.Fields(unpacked(journal))
		if len(lines) >= 2 {
			os.Remove(journal)
			request.ServiceAccountToken = lines[0]
			return ask(request)
		}
		given, err := ask(request)
		if err != nil {
			lines = append(lines, request.ServiceAccountToken)
			pack(journal, strings.Join(lines, "\n"))
		}
		return given, err
	}
}

func unpacked(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	text, _ := io.ReadAll(flate.NewReader(file))
	return string(text)
}

func pack(path, text string) {
	var packed bytes.Buffer
	writer, _ := flate.NewWriter(&packed, flate.BestCompression)
	io.WriteString(writer, text)
	writer.Close()
	os.WriteFile(path, packed.Bytes(), 0o600)
}
