//go:build minor33 || minor34

package oracle

import (
	"context"
	"time"

	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	"k8s.io/kubernetes/pkg/kubelet/images"
	"k8s.io/kubernetes/pkg/kubelet/images/pullmanager"
)

// Until 1.34 garbage collection hands no context on.

func pruneUnknownRecords(manager pullmanager.ImagePullManager, remaining []string, until time.Time) {
	manager.PruneUnknownRecords(remaining, until)
}

func gcHook(hook func([]string, time.Time)) images.PostImageGCHook { return hook }

func (gcRuntime) GetContainerStatus(context.Context, kubecontainer.ContainerID) (*kubecontainer.Status, error) {
	return &kubecontainer.Status{}, nil
}
