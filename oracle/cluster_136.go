//go:build minor36 || minor37

package oracle

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/serviceaccount"
)

type cluster struct {
	serviceaccount.ServiceAccountTokenGetter // webhooks have no tokens here
	in                                       judgeInput
}

func (c cluster) GetServiceAccount(_ context.Context, namespace, name string) (*corev1.ServiceAccount, error) {
	return c.account(namespace, name)
}

func (c cluster) GetPod(_ context.Context, namespace, name string) (*corev1.Pod, error) {
	return c.pod(namespace, name)
}

func (cluster) GetSecret(context.Context, string, string) (*corev1.Secret, error) {
	return nil, errors.New("no secrets")
}

func (cluster) GetNode(context.Context, string) (*corev1.Node, error) {
	return nil, errors.New("no nodes")
}
