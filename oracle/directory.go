package oracle

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// workDirectory is a directory of this process, gone when it ends.
var workDirectory string

const (
	directoryPrefix = "pullproof-oracle-" // then the process id, and chance
	orphanAge       = time.Minute
	// A directory whose name tells no process is left alone so long.
	unknownAge = 24 * time.Hour
)

// removeOrphans removes what oracles left behind that were killed.
func removeOrphans() {
	found, err := filepath.Glob(filepath.Join(os.TempDir(), directoryPrefix+"*"))
	if err != nil {
		return
	}
	for _, path := range found {
		info, err := os.Lstat(path)
		if err != nil || !info.IsDir() {
			continue
		}
		age, limit := time.Since(info.ModTime()), unknownAge
		name := strings.TrimPrefix(filepath.Base(path), directoryPrefix)
		if text, _, ok := strings.Cut(name, "-"); ok {
			if pid, err := strconv.Atoi(text); err == nil {
				if !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
					continue
				}
				limit = orphanAge
			}
		}
		if age > limit {
			os.RemoveAll(path)
		}
	}
}
