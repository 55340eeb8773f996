//go:build minor33

package oracle

import (
	"unsafe"

	internalapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/kubernetes/pkg/credentialprovider"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	"k8s.io/kubernetes/pkg/kubelet/images/pullmanager"
)

// 1.33: records are not cached in memory, and a credential has no account.

func newRecordsAccessor(directory string, mayWrite func(deletion bool) error) (pullmanager.PullRecordsAccessor, error) {
	files, err := pullmanager.NewFSPullRecordsAccessor(directory)
	return disk{files, mayWrite}, err
}

//go:linkname newFakeKubeRuntimeManager k8s.io/kubernetes/pkg/kubelet/kuberuntime.newFakeKubeRuntimeManager
func newFakeKubeRuntimeManager(runtime internalapi.RuntimeService, images internalapi.ImageManagerService, machineInfo unsafe.Pointer, osInterface kubecontainer.OSInterface, helper kubecontainer.RuntimeHelper, tracer any) (unsafe.Pointer, error)

func newRuntimeManager(runtime internalapi.RuntimeService, images internalapi.ImageManagerService) (unsafe.Pointer, error) {
	return newFakeKubeRuntimeManager(runtime, images, nil, nil, nil, nil)
}

// accountSource is nil: in 1.33 nothing tells the credential of a service
// account from the node's.
func accountSource(*account) *credentialprovider.CredentialSource { return nil }

func setSize(image *runtimeapi.Image, bytes uint64) { image.Size_ = bytes }
