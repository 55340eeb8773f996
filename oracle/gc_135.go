//go:build !minor33 && !minor34

package oracle

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	"k8s.io/kubernetes/pkg/kubelet/images"
	"k8s.io/kubernetes/pkg/kubelet/images/pullmanager"
)

func pruneUnknownRecords(manager pullmanager.ImagePullManager, remaining []string, until time.Time) {
	manager.PruneUnknownRecords(context.Background(), remaining, until)
}

func gcHook(hook func([]string, time.Time)) images.PostImageGCHook {
	return func(_ context.Context, remaining []string, until time.Time) { hook(remaining, until) }
}

func (gcRuntime) GetContainerStatus(context.Context, types.UID, kubecontainer.ContainerID) (*kubecontainer.Status, error) {
	return &kubecontainer.Status{}, nil
}
