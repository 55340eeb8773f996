package oracle

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
	_ "unsafe" // for go:linkname

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/serviceaccount"
)

func init() {
	handlers["issueToken"] = each(issueToken)
	handlers["judgeToken"] = each(judgeToken)
}

// named is an object that a token is about or bound to.
type named struct {
	Name string `json:"name"`
	UID  string `json:"uid"`
}

type issueInput struct {
	Issuer    string   `json:"issuer"`
	Key       string   `json:"key"` // private, PKCS #8 PEM
	Now       int64    `json:"now"` // nanoseconds since 1970
	Seconds   int64    `json:"seconds"`
	WarnAfter int64    `json:"warnAfter"`
	Audiences []string `json:"audiences"`
	Namespace string   `json:"namespace"`
	Account   named    `json:"account"`
	Pod       *named   `json:"pod"`
	Node      *named   `json:"node"`
	JTI       string   `json:"jti"`
}

type issueResult struct {
	Token string `json:"token,omitempty"`
	Error string `json:"error,omitempty"`
}

// issueToken makes a token as the API server answers a TokenRequest.
func issueToken(in issueInput) issueResult {
	token, err := issue(in)
	if err != nil {
		return issueResult{Error: err.Error()}
	}
	return issueResult{Token: token}
}

func issue(in issueInput) (string, error) {
	key, err := privateKey(in.Key)
	if err != nil {
		return "", err
	}
	generator, err := serviceaccount.JWTTokenGenerator(in.Issuer, key)
	if err != nil {
		return "", err
	}
	defer at(in.Now)()
	accountsUUID = func() string { return in.JTI }
	sa := core.ServiceAccount{ObjectMeta: metav1.ObjectMeta{
		Namespace: in.Namespace, Name: in.Account.Name, UID: types.UID(in.Account.UID),
	}}
	return generate(generator, sa, in)
}

func (n *named) pod() *core.Pod {
	if n == nil {
		return nil
	}
	return &core.Pod{ObjectMeta: metav1.ObjectMeta{Name: n.Name, UID: types.UID(n.UID)}}
}

func (n *named) node() *core.Node {
	if n == nil {
		return nil
	}
	return &core.Node{ObjectMeta: metav1.ObjectMeta{Name: n.Name, UID: types.UID(n.UID)}}
}

type judgeInput struct {
	Token    []byte   `json:"token"`
	Issuer   string   `json:"issuer"`
	Keys     []string `json:"keys"` // public, PEM
	Audience string   `json:"audience"`
	Now      int64    `json:"now"`
	// What the API server has.
	Namespace string `json:"namespace"`
	Account   named  `json:"account"`
	Pod       *named `json:"pod"`
}

type judgeResult struct {
	Accepted  bool     `json:"accepted"`
	User      string   `json:"user,omitempty"`
	UID       string   `json:"uid,omitempty"`
	Audiences []string `json:"audiences,omitempty"`
	Error     string   `json:"error,omitempty"`
	// Ignored: not of this issuer or no JWT, so that another authenticator may try.
	Ignored bool `json:"ignored,omitempty"`
}

// judgeToken asks the API server's own authenticator, as a TokenReview for one
// audience does.
func judgeToken(in judgeInput) judgeResult {
	keys := make([]any, len(in.Keys))
	for i, text := range in.Keys {
		key, err := publicKey(text)
		if err != nil {
			return judgeResult{Error: err.Error()}
		}
		keys[i] = key
	}
	getter, err := serviceaccount.StaticPublicKeysGetter(keys)
	if err != nil {
		return judgeResult{Error: err.Error()}
	}
	defer at(in.Now)()
	defer takeLogs()
	audiences := authenticator.Audiences{in.Audience}
	judge := serviceaccount.JWTTokenAuthenticator(
		[]string{in.Issuer}, getter, audiences, serviceaccount.NewValidator(cluster{in: in}))
	ctx := authenticator.WithAudiences(context.Background(), audiences)
	answer, ok, err := judge.AuthenticateToken(ctx, string(in.Token))
	switch {
	case err != nil:
		return judgeResult{Error: err.Error()}
	case !ok:
		return judgeResult{Ignored: true}
	}
	return judgeResult{
		Accepted: true, User: answer.User.GetName(), UID: answer.User.GetUID(), Audiences: answer.Audiences,
	}
}

// at sets the clock of the kubelet's token code; the result puts it back.
func at(nanoseconds int64) func() {
	accountsNow = func() time.Time { return time.Unix(0, nanoseconds) }
	return func() { accountsNow = time.Now }
}

func privateKey(text string) (any, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("no PEM")
	}
	return x509.ParsePKCS8PrivateKey(block.Bytes)
}

func publicKey(text string) (any, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("no PEM")
	}
	return x509.ParsePKIXPublicKey(block.Bytes)
}

// cluster is what the validator finds at the API server.
func (c cluster) account(namespace, name string) (*corev1.ServiceAccount, error) {
	if namespace != c.in.Namespace || name != c.in.Account.Name {
		return nil, fmt.Errorf("serviceaccount %q not found", name)
	}
	return &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, Name: name, UID: types.UID(c.in.Account.UID),
	}}, nil
}

func (c cluster) pod(namespace, name string) (*corev1.Pod, error) {
	if c.in.Pod == nil || namespace != c.in.Namespace || name != c.in.Pod.Name {
		return nil, fmt.Errorf("pod %q not found", name)
	}
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, Name: name, UID: types.UID(c.in.Pod.UID),
	}}, nil
}

//go:linkname accountsNow k8s.io/kubernetes/pkg/serviceaccount.now
var accountsNow func() time.Time

//go:linkname accountsUUID k8s.io/kubernetes/pkg/serviceaccount.newUUID
var accountsUUID func() string
