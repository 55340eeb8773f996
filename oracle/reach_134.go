//go:build !minor33

package oracle

import (
	"reflect"
	"unsafe"

	"k8s.io/apimachinery/pkg/types"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/kubernetes/pkg/credentialprovider"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
)

// Since 1.34: cacheType, coordinates of the service account, directories.

const hasCacheType = true

//go:linkname readConfig k8s.io/kubernetes/pkg/credentialprovider/plugin.readCredentialProviderConfig
func readConfig(path string) (*kubeletconfig.CredentialProviderConfig, string, error)

// cacheKeyParams has the layout of the kubelet's type of the same name. Nothing
// checks that when building; were it to change, the op accountKey would answer
// nonsense and the comparison with the model would show it.
type cacheKeyParams struct {
	namespace          string
	serviceAccountName string
	serviceAccountUID  types.UID
	saAnnotations      map[string]string
	podName            string
	podUID             types.UID
	saTokenHash        string
	cacheType          kubeletconfig.ServiceAccountTokenCacheType
}

//go:linkname generateServiceAccountCacheKey k8s.io/kubernetes/pkg/credentialprovider/plugin.generateServiceAccountCacheKey
func generateServiceAccountCacheKey(params cacheKeyParams) (string, error)

//go:linkname provideWithCoordinates k8s.io/kubernetes/pkg/credentialprovider/plugin.(*perPodPluginProvider).provideWithCoordinates
func provideWithCoordinates(perPod unsafe.Pointer, image string) (credentialprovider.DockerConfig, *credentialprovider.ServiceAccountCoordinates)

func provide(perPod unsafe.Pointer, image string) (credentialprovider.DockerConfig, *account) {
	config, coordinates := provideWithCoordinates(perPod, image)
	return config, (*account)(coordinates)
}

func serviceAccountKey(in accountKeyInput) (string, error) {
	return generateServiceAccountCacheKey(cacheKeyParams{
		namespace:          string(in.Namespace),
		serviceAccountName: string(in.Name),
		serviceAccountUID:  types.UID(in.UID),
		saAnnotations:      in.Annotations.asMap(),
		saTokenHash:        getHashIfNotEmpty(string(in.Token)),
		cacheType:          kubeletconfig.ServiceAccountTokenCacheType(in.CacheType),
	})
}

func sourceOf(from *credentialprovider.CredentialSource) *source {
	if from == nil {
		return nil
	}
	return &source{Secret: (*account)(from.Secret), ServiceAccount: (*account)(from.ServiceAccount)}
}

func cacheTypeOf(t *kubeletconfig.ServiceAccountTokenAttributes) string { return string(t.CacheType) }

// forgetCacheType makes a provider of a kind that validation lets not through,
// and that the code has a way for all the same.
func forgetCacheType(r registered) {
	account := inside(r.provider, "serviceAccountProvider").Elem()
	inside(account, "cacheType").Set(reflect.ValueOf(kubeletconfig.ServiceAccountTokenCacheType("")))
}

func accountSource(of *account) *credentialprovider.CredentialSource {
	if of == nil {
		return nil
	}
	return &credentialprovider.CredentialSource{
		ServiceAccount: (*credentialprovider.ServiceAccountCoordinates)(of),
	}
}

func setSize(image *runtimeapi.Image, bytes uint64) { image.Size = bytes }
