// Package oracle asks the kubelet's own code, over JSON lines.
//
// It is built as a test binary, because only a test may open a
// testing/synctest bubble, and in a bubble the kubelet's caches live in virtual
// time. README.md tells the protocol; Python (pullproof.oracle) speaks it.
//
// Nothing of the kubelet is copied. Unexported functions are reached by
// linkname (reach*.go), unexported fields by reflection (fields.go).
package oracle
