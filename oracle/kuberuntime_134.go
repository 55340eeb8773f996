//go:build minor34 || minor35 || minor36

package oracle

import (
	"context"
	"unsafe"

	internalapi "k8s.io/cri-api/pkg/apis"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
)

//go:linkname newFakeKubeRuntimeManager k8s.io/kubernetes/pkg/kubelet/kuberuntime.newFakeKubeRuntimeManager
func newFakeKubeRuntimeManager(ctx context.Context, runtime internalapi.RuntimeService, images internalapi.ImageManagerService, machineInfo unsafe.Pointer, osInterface kubecontainer.OSInterface, helper kubecontainer.RuntimeHelper, tracer any) (unsafe.Pointer, error)

func newRuntimeManager(runtime internalapi.RuntimeService, images internalapi.ImageManagerService) (unsafe.Pointer, error) {
	return newFakeKubeRuntimeManager(context.Background(), runtime, images, nil, nil, nil, nil)
}
