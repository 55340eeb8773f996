package oracle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"time"
	"unsafe"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
	credentialproviderapi "k8s.io/kubelet/pkg/apis/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"
)

// registered is one provider the kubelet's code has registered.
type registered struct {
	name     string
	provider reflect.Value  // the pluginProvider
	perPod   unsafe.Pointer // the perPodPluginProvider of the pod it was asked for
	exec     unsafe.Pointer // the execPlugin
	api      string
}

type world interface {
	account(namespace, name string) (*corev1.ServiceAccount, error)
	token(namespace, name string, request *authenticationv1.TokenRequest) (string, error)
}

// register runs the kubelet's registration, as at its start.
func register(configPath, binDir string, w world) error {
	return plugin.RegisterCredentialProviderPlugins(configPath, binDir,
		func(ns, name string, request *authenticationv1.TokenRequest) (*authenticationv1.TokenRequest, error) {
			token, err := w.token(ns, name, request)
			if err != nil {
				return nil, err
			}
			answer := request.DeepCopy()
			answer.Status.Token = token
			return answer, nil
		}, w.account)
}

// providersFor returns what was registered, bound to a pod.
func providersFor(namespace, pod, uid, account string) []registered {
	ring := plugin.NewExternalCredentialProviderDockerKeyring(namespace, pod, uid, account)
	list := behind(reflect.ValueOf(ring)).FieldByName("providers")
	var all []registered
	for i := range list.Len() {
		perPod := list.Index(i).Elem()
		provider := perPod.Elem().FieldByName("provider").Elem()
		exec := behind(inside(provider, "plugin"))
		all = append(all, registered{
			name:     exec.FieldByName("name").String(),
			provider: provider,
			perPod:   perPod.UnsafePointer(),
			exec:     exec.Addr().UnsafePointer(),
			api:      exec.FieldByName("apiVersion").String(),
		})
	}
	return all
}

// replyOf is the second half of the kubelet's ExecPlugin, for a provider that
// left this on stdout with status 0: the version peek with the kubelet's peeker,
// the comparison, and the kubelet's decoder. A test holds it against the whole
// ExecPlugin with real processes.
func (r registered) replyOf(stdout []byte) (*credentialproviderapi.CredentialProviderResponse, error) {
	gvk, err := json.DefaultMetaFactory.Interpret(stdout)
	if err != nil {
		return nil, fmt.Errorf("error reading GVK from response: %w", err)
	}
	if version := gvk.GroupVersion().String(); version != r.api {
		return nil, fmt.Errorf("apiVersion from credential plugin response did not match expected apiVersion:%s, actual apiVersion:%s", r.api, version)
	}
	response, err := decodeResponse(r.exec, stdout)
	if err != nil {
		return nil, errors.New("error decoding credential provider plugin response from stdout")
	}
	return response, nil
}

// hook is a plugin.Plugin that answers instead of a process.
type hook func(image, token string, annotations map[string]string) (*credentialproviderapi.CredentialProviderResponse, error)

func (h hook) ExecPlugin(_ context.Context, image, token string, annotations map[string]string) (*credentialproviderapi.CredentialProviderResponse, error) {
	return h(image, token, annotations)
}

func (r registered) answerWith(h hook) {
	inside(r.provider, "plugin").Set(reflect.ValueOf(h))
}

type cachedEntry struct {
	key     string
	expires time.Time
}

// cached returns what the provider has cached, also what has expired and is not
// purged yet. Looking does not purge, which the store's own List would.
func (r registered) cached() []cachedEntry {
	var all []cachedEntry
	for _, item := range r.storage().List() {
		entry := behind(reflect.ValueOf(item.(*cache.TimestampedEntry).Obj))
		all = append(all, cachedEntry{
			inside(entry, "key").String(), inside(entry, "expiresAt").Interface().(time.Time),
		})
	}
	return all
}

func (r registered) storage() cache.ThreadSafeStore {
	store := behind(inside(r.provider, "cache"))
	return inside(store, "cacheStorage").Interface().(cache.ThreadSafeStore)
}

// writeConfig puts a configuration and the executables it names where the
// kubelet finds them.
func writeConfig(directory string, config []byte, names ...string) (path, binDir string, err error) {
	binDir = filepath.Join(directory, "bin")
	if err = os.MkdirAll(binDir, 0o755); err != nil {
		return
	}
	for _, name := range names {
		if err = os.WriteFile(filepath.Join(binDir, name), nil, 0o755); err != nil {
			return
		}
	}
	path = filepath.Join(directory, "config.yaml")
	return path, binDir, os.WriteFile(path, config, 0o644)
}

func serviceAccount(namespace, name, uid string, annotations map[string]string) *corev1.ServiceAccount {
	return &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, Name: name, UID: types.UID(uid), Annotations: annotations,
	}}
}

func lines(parts ...string) []byte {
	var text bytes.Buffer
	for _, part := range parts {
		text.WriteString(part + "\n")
	}
	return text.Bytes()
}
