//go:build !minor37

package oracle

import (
	"context"

	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/serviceaccount"
)

func generate(generator serviceaccount.TokenGenerator, sa core.ServiceAccount, in issueInput) (string, error) {
	public, private, err := serviceaccount.Claims(
		sa, in.Pod.pod(), nil, in.Node.node(), in.Seconds, in.WarnAfter, in.Audiences)
	if err != nil {
		return "", err
	}
	return generator.GenerateToken(context.Background(), public, private)
}
