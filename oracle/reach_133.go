//go:build minor33

package oracle

import (
	"unsafe"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/pkg/credentialprovider"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
)

// What was different in 1.33: no cacheType, no coordinates, one config file.

const hasCacheType = false

//go:linkname readCredentialProviderConfigFile k8s.io/kubernetes/pkg/credentialprovider/plugin.readCredentialProviderConfigFile
func readCredentialProviderConfigFile(path string) (*kubeletconfig.CredentialProviderConfig, error)

//go:linkname generateServiceAccountCacheKey k8s.io/kubernetes/pkg/credentialprovider/plugin.generateServiceAccountCacheKey
func generateServiceAccountCacheKey(namespace, name string, uid types.UID, annotations map[string]string) (string, error)

//go:linkname provideForPod k8s.io/kubernetes/pkg/credentialprovider/plugin.(*perPodPluginProvider).Provide
func provideForPod(perPod unsafe.Pointer, image string) credentialprovider.DockerConfig

func provide(perPod unsafe.Pointer, image string) (credentialprovider.DockerConfig, *account) {
	return provideForPod(perPod, image), nil
}

func readConfig(path string) (*kubeletconfig.CredentialProviderConfig, string, error) {
	config, err := readCredentialProviderConfigFile(path)
	return config, "", err
}

func serviceAccountKey(in accountKeyInput) (string, error) {
	return generateServiceAccountCacheKey(
		string(in.Namespace), string(in.Name), types.UID(in.UID), in.Annotations.asMap())
}

func sourceOf(from *credentialprovider.CredentialSource) *source {
	if from == nil {
		return nil
	}
	return &source{Secret: (*account)(&from.Secret)}
}

func cacheTypeOf(*kubeletconfig.ServiceAccountTokenAttributes) string { return "" }

// A responder's cacheType cannot be told apart where there is none.
func forgetCacheType(registered) {}
