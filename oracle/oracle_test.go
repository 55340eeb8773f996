package oracle

import (
	"fmt"
	"os"
	"testing"
	"testing/synctest"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
)

const (
	serveVariable = "PULLPROOF_ORACLE"
	gatesVariable = "PULLPROOF_ORACLE_GATES"
)

// TestServe answers on stdin and stdout, in a bubble, until stdin ends.
func TestServe(t *testing.T) {
	if os.Getenv(serveVariable) == "" {
		t.Skip("not asked to serve")
	}
	gates := os.Getenv(gatesVariable)
	// Providers inherit the kubelet's environment, and these are no part of it.
	os.Unsetenv(serveVariable)
	os.Unsetenv(gatesVariable)
	removeOrphans() // here, because the bubble has a clock of its own
	if err := prepareRuntime(); err != nil {
		t.Fatal(err)
	}
	code := 0
	synctest.Test(t, func(*testing.T) {
		if err := serveAll(gates); err != nil {
			fmt.Fprintln(os.Stderr, "oracle:", err)
			code = 1
		}
		// Not by return: a bubble waits for goroutines that live for ever, and
		// the testing package would write to stdout.
		os.RemoveAll(workDirectory)
		os.Exit(code)
	})
}

func serveAll(gates string) error {
	if err := utilfeature.DefaultMutableFeatureGate.Set(gates); err != nil {
		return err
	}
	var err error
	if workDirectory, err = os.MkdirTemp("", fmt.Sprintf("%s%d-", directoryPrefix, os.Getpid())); err != nil {
		return err
	}
	if err := startResponders(); err != nil {
		return err
	}
	return serve(os.Stdin, os.Stdout)
}
