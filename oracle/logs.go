package oracle

import (
	"bytes"
	"flag"
	"sync"

	"k8s.io/klog/v2"
)

// logged collects the kubelet's log at its default verbosity, one entry a line,
// as klog writes it but for the header with time and place.
var logged collector

type collector struct {
	sync.Mutex
	entries [][]byte
}

// Write is called once for each entry.
func (c *collector) Write(entry []byte) (int, error) {
	c.Lock()
	defer c.Unlock()
	c.entries = append(c.entries, bytes.TrimSuffix(bytes.Clone(entry), []byte("\n")))
	return len(entry), nil
}

func init() {
	flags := flag.NewFlagSet("klog", flag.PanicOnError)
	klog.InitFlags(flags)
	for name, value := range map[string]string{
		"logtostderr": "false", "one_output": "true", "skip_headers": "true", "stderrthreshold": "FATAL",
	} {
		if err := flags.Set(name, value); err != nil {
			panic(err)
		}
	}
	klog.SetOutput(&logged)
}

func takeLogs() [][]byte {
	logged.Lock()
	defer logged.Unlock()
	entries := logged.entries
	logged.entries = nil
	return entries
}
