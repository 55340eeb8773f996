package oracle

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing/synctest"
	"time"
	"unsafe"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	clientset "k8s.io/client-go/kubernetes"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/kubernetes/pkg/kubelet/token"
)

func init() { handlers["tokens"] = each(tokens) }

// tokensInput is the life of one token t.manager.
type tokensInput struct {
	Steps []tokenStep `json:"steps"`
}

type tokenStep struct {
	Do string `json:"do"`

	// do=get: somebody needs a token; the API server answers like this.
	Namespace string   `json:"namespace"`
	Account   string   `json:"account"`
	Audiences []string `json:"audiences"`
	Seconds   *int64   `json:"seconds"` // asked for; nil: the server decides
	Pod       string   `json:"pod"`
	PodUID    string   `json:"podUID"`
	UID       string   `json:"uid"`
	Fails     bool     `json:"fails"`
	Token     string   `json:"token"`
	Granted   *int64   `json:"granted"` // seconds, as the answer's spec has them
	Life      int64    `json:"life"`    // nanoseconds from now to the answer's expiry

	// do=delete: this pod is gone.

	// do=sample: how often, of so many times, the only token wants a refresh.
	Times int `json:"times"`

	Nanoseconds int64 `json:"nanoseconds"`
}

type tokenStepResult struct {
	Asked  bool     `json:"asked"` // the API server was
	Token  string   `json:"token,omitempty"`
	Error  string   `json:"error,omitempty"`
	Wanted int      `json:"wanted,omitempty"`
	Keys   []string `json:"keys"` // of the cache, sorted
}

type tokensResult struct {
	Steps []tokenStepResult `json:"steps"`
}

func tokens(in tokensInput) tokensResult {
	// A manager's cleanup goes on for ever, by a channel that was made outside
	// of the bubble. With one from inside it can be waited for, and ended.
	before, end := wait.NeverStop, make(chan struct{})
	wait.NeverStop = end
	server := &tokenServer{}
	server.manager = token.NewManager(server)
	synctest.Wait() // the first cleanup; the next one is a minute from now
	wait.NeverStop = before
	result := tokensResult{Steps: []tokenStepResult{}}
	for _, s := range in.Steps {
		result.Steps = append(result.Steps, server.perform(s))
	}
	close(end)
	synctest.Wait()
	takeLogs()
	return result
}

// tokenServer is an API server that makes tokens as the step says.
type tokenServer struct {
	clientset.Interface
	corev1client.CoreV1Interface
	corev1client.ServiceAccountInterface
	manager *token.Manager
	step    tokenStep
	asked   bool
}

func (t *tokenServer) held() reflect.Value {
	return inside(reflect.ValueOf(t.manager).Elem(), "cache")
}

func (t *tokenServer) CoreV1() corev1client.CoreV1Interface { return t }

func (t *tokenServer) ServiceAccounts(string) corev1client.ServiceAccountInterface { return t }

func (t *tokenServer) CreateToken(_ context.Context, _ string, request *authenticationv1.TokenRequest, _ metav1.CreateOptions) (*authenticationv1.TokenRequest, error) {
	t.asked = true
	if t.step.Fails {
		return nil, errors.New("no token today")
	}
	answer := request.DeepCopy()
	answer.Spec.ExpirationSeconds = t.step.Granted
	answer.Status.Token = t.step.Token
	answer.Status.ExpirationTimestamp = metav1.NewTime(time.Now().Add(time.Duration(t.step.Life)))
	return answer, nil
}

func (t *tokenServer) perform(s tokenStep) tokenStepResult {
	t.step, t.asked = s, false
	result := tokenStepResult{}
	switch s.Do {
	case "get":
		got, err := t.manager.GetServiceAccountToken(s.Namespace, s.Account, tokenRequestOf(s))
		if err != nil {
			result.Error = err.Error()
		} else {
			result.Token = got.Status.Token
		}
	case "delete":
		t.manager.DeleteServiceAccountToken(types.UID(s.PodUID))
	case "sample":
		for _, key := range t.held().MapKeys() {
			held := t.held().MapIndex(key).Interface().(*authenticationv1.TokenRequest)
			for range s.Times {
				if requiresRefresh(unsafe.Pointer(t.manager), context.Background(), held) {
					result.Wanted++
				}
			}
		}
	case "advance":
		time.Sleep(time.Duration(s.Nanoseconds))
		synctest.Wait()
	default:
		panic("no such step: " + s.Do)
	}
	result.Asked = t.asked
	result.Keys = []string{}
	for _, key := range t.held().MapKeys() {
		result.Keys = append(result.Keys, key.String())
	}
	slices.Sort(result.Keys)
	return result
}

// tokenRequestOf is what the kubelet asks for an image pull.
func tokenRequestOf(s tokenStep) *authenticationv1.TokenRequest {
	return &authenticationv1.TokenRequest{
		ObjectMeta: metav1.ObjectMeta{UID: types.UID(s.UID)},
		Spec: authenticationv1.TokenRequestSpec{
			Audiences:         s.Audiences,
			ExpirationSeconds: s.Seconds,
			BoundObjectRef: &authenticationv1.BoundObjectReference{
				APIVersion: "v1", Kind: "Pod", Name: s.Pod, UID: types.UID(s.PodUID),
			},
		},
	}
}

//go:linkname requiresRefresh k8s.io/kubernetes/pkg/kubelet/token.(*Manager).requiresRefresh
func requiresRefresh(manager unsafe.Pointer, ctx context.Context, held *authenticationv1.TokenRequest) bool
