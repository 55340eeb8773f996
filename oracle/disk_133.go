//go:build minor33 || minor34 || minor35

package oracle

import (
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	"k8s.io/kubernetes/pkg/kubelet/images/pullmanager"
)

// disk is the kubelet's own way to the files, on a disk that may fail.
type disk struct {
	pullmanager.PullRecordsAccessor
	mayWrite func(deletion bool) error
}

func (d disk) WriteImagePullIntent(image string) error {
	if err := d.mayWrite(false); err != nil {
		return err
	}
	return d.PullRecordsAccessor.WriteImagePullIntent(image)
}

func (d disk) DeleteImagePullIntent(image string) error {
	if err := d.mayWrite(true); err != nil {
		return err
	}
	return d.PullRecordsAccessor.DeleteImagePullIntent(image)
}

func (d disk) WriteImagePulledRecord(record *kubeletconfig.ImagePulledRecord) error {
	if err := d.mayWrite(false); err != nil {
		return err
	}
	return d.PullRecordsAccessor.WriteImagePulledRecord(record)
}

func (d disk) DeleteImagePulledRecord(ref string) error {
	if err := d.mayWrite(true); err != nil {
		return err
	}
	return d.PullRecordsAccessor.DeleteImagePulledRecord(ref)
}
