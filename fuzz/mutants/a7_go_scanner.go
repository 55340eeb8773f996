// Reads lines with a scanner, which has room for 64 KiB.
//
// id: a7-go-scanner
// defect: D-A7, D-A1
// rule: S-17
// check: A12
// setup: workload

package main

import (
	"bufio"
	"bytes"
)

func init() {
	whole := decode
	decode = func(data []byte) (Request, error) {
		lines := bufio.NewScanner(bytes.NewReader(data))
		var text []byte
		for lines.Scan() {
			text = append(text, lines.Bytes()...)
		}
		return whole(text)
	}
}
