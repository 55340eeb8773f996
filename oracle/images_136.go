//go:build minor36 || minor37

package oracle

import (
	"k8s.io/klog/v2"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	"k8s.io/kubernetes/pkg/kubelet/images/pullmanager"
)

func newRecordsAccessor(directory string, mayWrite func(deletion bool) error) (pullmanager.PullRecordsAccessor, error) {
	logger := klog.Background()
	files, err := pullmanager.NewFSPullRecordsAccessor(logger, directory)
	if err != nil {
		return nil, err
	}
	return pullmanager.NewCachedPullRecordsAccessor(
		logger, disk{files, mayWrite}, intentsCached, recordsCached, parallelPulls), nil
}

// disk is the kubelet's own way to the files, on a disk that may fail.
type disk struct {
	pullmanager.PullRecordsAccessor
	mayWrite func(deletion bool) error
}

func (d disk) WriteImagePullIntent(logger klog.Logger, image string) error {
	if err := d.mayWrite(false); err != nil {
		return err
	}
	return d.PullRecordsAccessor.WriteImagePullIntent(logger, image)
}

func (d disk) DeleteImagePullIntent(logger klog.Logger, image string) error {
	if err := d.mayWrite(true); err != nil {
		return err
	}
	return d.PullRecordsAccessor.DeleteImagePullIntent(logger, image)
}

func (d disk) WriteImagePulledRecord(logger klog.Logger, record *kubeletconfig.ImagePulledRecord) error {
	if err := d.mayWrite(false); err != nil {
		return err
	}
	return d.PullRecordsAccessor.WriteImagePulledRecord(logger, record)
}

func (d disk) DeleteImagePulledRecord(logger klog.Logger, ref string) error {
	if err := d.mayWrite(true); err != nil {
		return err
	}
	return d.PullRecordsAccessor.DeleteImagePulledRecord(logger, ref)
}
