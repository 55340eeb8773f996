//go:build minor34 || minor35

package oracle

import "k8s.io/kubernetes/pkg/kubelet/images/pullmanager"

func newRecordsAccessor(directory string, mayWrite func(deletion bool) error) (pullmanager.PullRecordsAccessor, error) {
	files, err := pullmanager.NewFSPullRecordsAccessor(directory)
	if err != nil {
		return nil, err
	}
	return pullmanager.NewCachedPullRecordsAccessor(
		disk{files, mayWrite}, intentsCached, recordsCached, parallelPulls), nil
}
