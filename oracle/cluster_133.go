//go:build minor33 || minor34 || minor35

package oracle

import (
	"errors"

	corev1 "k8s.io/api/core/v1"
)

type cluster struct{ in judgeInput }

func (c cluster) GetServiceAccount(namespace, name string) (*corev1.ServiceAccount, error) {
	return c.account(namespace, name)
}

func (c cluster) GetPod(namespace, name string) (*corev1.Pod, error) { return c.pod(namespace, name) }

func (cluster) GetSecret(string, string) (*corev1.Secret, error) {
	return nil, errors.New("no secrets")
}

func (cluster) GetNode(string) (*corev1.Node, error) { return nil, errors.New("no nodes") }
