package oracle

import (
	"unsafe"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"
	credentialproviderapi "k8s.io/kubelet/pkg/apis/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider"
	_ "k8s.io/kubernetes/pkg/credentialprovider/plugin"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	_ "k8s.io/kubernetes/pkg/kubelet/images"
)

// The kubelet's own functions, under their own names, that are the same in all
// minors. A receiver is passed as a plain pointer: its type has no name here.

//go:linkname encodeRequest k8s.io/kubernetes/pkg/credentialprovider/plugin.(*execPlugin).encodeRequest
func encodeRequest(plugin unsafe.Pointer, request *credentialproviderapi.CredentialProviderRequest) ([]byte, error)

//go:linkname decodeResponse k8s.io/kubernetes/pkg/credentialprovider/plugin.(*execPlugin).decodeResponse
func decodeResponse(plugin unsafe.Pointer, data []byte) (*credentialproviderapi.CredentialProviderResponse, error)

//go:linkname validateCredentialProviderConfig k8s.io/kubernetes/pkg/credentialprovider/plugin.validateCredentialProviderConfig
func validateCredentialProviderConfig(config *kubeletconfig.CredentialProviderConfig, tokens bool) field.ErrorList

//go:linkname generateCacheKey k8s.io/kubernetes/pkg/credentialprovider/plugin.generateCacheKey
func generateCacheKey(baseKey, serviceAccountCacheKey string) (string, error)

//go:linkname generateSingleFlightKey k8s.io/kubernetes/pkg/credentialprovider/plugin.generateSingleFlightKey
func generateSingleFlightKey(image, saTokenHash string, saAnnotations map[string]string) (string, error)

//go:linkname getHashIfNotEmpty k8s.io/kubernetes/pkg/credentialprovider/plugin.getHashIfNotEmpty
func getHashIfNotEmpty(data string) string

//go:linkname hashAuthConfig k8s.io/kubernetes/pkg/credentialprovider.hashAuthConfig
func hashAuthConfig(creds *credentialprovider.AuthConfig) string

//go:linkname readDockerConfigJSONFileFromBytes k8s.io/kubernetes/pkg/credentialprovider.readDockerConfigJSONFileFromBytes
func readDockerConfigJSONFileFromBytes(contents []byte) (credentialprovider.DockerConfig, error)

//go:linkname applyDefaultImageTag k8s.io/kubernetes/pkg/kubelet/images.applyDefaultImageTag
func applyDefaultImageTag(image string) (string, error)

// What registration fills. Emptying both is a kubelet restart as far as
// providers go: the providers hold all caches.

//go:linkname registeredProviders k8s.io/kubernetes/pkg/credentialprovider/plugin.providers
var registeredProviders []struct {
	name string
	impl unsafe.Pointer
}

//go:linkname registeredNames k8s.io/kubernetes/pkg/credentialprovider/plugin.seenProviderNames
var registeredNames sets.String

func unregisterAll() {
	registeredProviders = nil
	registeredNames = sets.NewString()
}
