// Looks at the first byte of a line that a scanner had no room for.
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
	"errors"
)

func init() {
	whole := decode
	decode = func(data []byte) (Request, error) {
		lines := bufio.NewScanner(bytes.NewReader(data))
		lines.Buffer(nil, 32<<10)
		lines.Scan()
		if text := bytes.TrimSpace(lines.Bytes()); text[0] != '{' {
			return Request{}, errors.New("the request is not a JSON object")
		}
		return whole(data)
	}
}
