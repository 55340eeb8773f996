package oracle

import (
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/component-base/featuregate"
	credentialproviderapi "k8s.io/kubelet/pkg/apis/credentialprovider"
	"k8s.io/kubernetes/pkg/features"
)

func init() { handlers["respond"] = each(respond) }

const (
	protocol     = "credentialprovider.kubelet.k8s.io/"
	respondImage = "registry.example/team/app"
)

// responders are real providers, by protocol version and, in service account
// mode, cacheType ("-" for none set). Each lookup goes through the kubelet's
// provide(); only the process is ours.
var responders = map[string]registered{}

var responderWorld = &fixedWorld{}

type fixedWorld struct{ currentToken string }

func (w *fixedWorld) account(namespace, name string) (*corev1.ServiceAccount, error) {
	return serviceAccount(namespace, name, "account-uid", nil), nil
}

func (w *fixedWorld) token(string, string, *authenticationv1.TokenRequest) (string, error) {
	return w.currentToken, nil
}

// startResponders registers one provider per way of judging a response. What is
// registered later does not disturb them.
func startResponders() error {
	config := lines("apiVersion: kubelet.config.k8s.io/v1", "kind: CredentialProviderConfig", "providers:")
	var names, keys []string
	add := func(key, version, cacheType string) {
		name := fmt.Sprintf("responder-%d", len(names))
		names, keys = append(names, name), append(keys, key)
		config = append(config, lines(
			"- name: "+name,
			"  matchImages: ['"+respondImage+"']",
			"  defaultCacheDuration: 0s",
			"  apiVersion: "+protocol+version,
		)...)
		if cacheType == "" {
			return
		}
		config = append(config, lines(
			"  tokenAttributes:",
			"    serviceAccountTokenAudience: audience.example",
			"    requireServiceAccount: true",
		)...)
		if hasCacheType {
			config = append(config, lines("    cacheType: "+cacheType)...)
		}
	}
	for _, version := range []string{"v1alpha1", "v1beta1", "v1"} {
		add(protocol+version, version, "")
	}
	add("-", "v1", "ServiceAccount")
	add("ServiceAccount", "v1", "ServiceAccount")
	add("Token", "v1", "Token")
	path, binDir, err := writeConfig(workDirectory+"/responders", config, names...)
	if err != nil {
		return err
	}
	// A responder with a token needs the gate, which 1.33 has off.
	const gate = features.KubeletServiceAccountTokenForCredentialProviders
	before := utilfeature.DefaultFeatureGate.Enabled(gate)
	if err := setGate(gate, true); err != nil {
		return err
	}
	if err := register(path, binDir, responderWorld); err != nil {
		return err
	}
	for i, r := range providersFor("namespace", "pod", "pod-uid", "account") {
		responders[keys[i]] = r
	}
	forgetCacheType(responders["-"])
	unregisterAll()
	return setGate(gate, before)
}

func setGate(gate featuregate.Feature, on bool) error {
	if utilfeature.DefaultFeatureGate.Enabled(gate) == on {
		return nil
	}
	return utilfeature.DefaultMutableFeatureGate.SetFromMap(map[string]bool{string(gate): on})
}

type respondInput struct {
	API       string `json:"api"`
	Token     []byte `json:"token"`
	CacheType string `json:"cacheType"`
	Stdout    []byte `json:"stdout"`
}

type respondResult struct {
	// Decoded tells whether the document got through peek, version and decoder.
	Decoded  bool `json:"decoded"`
	Accepted bool `json:"accepted"`
	// Problem is the decoder's, which the kubelet keeps to itself.
	Problem      []byte      `json:"problem,omitempty"`
	Log          [][]byte    `json:"log,omitempty"`
	CacheKeyType string      `json:"cacheKeyType"`
	Duration     *int64      `json:"duration"`
	Auth         [][3][]byte `json:"auth"`
	// Life is how long the answer is kept, in nanoseconds; null if it is not.
	Life *int64 `json:"life"`
	Key  []byte `json:"key,omitempty"`
}

func respond(in respondInput) respondResult {
	key := in.API
	if len(in.Token) > 0 && in.API == protocol+"v1" {
		if key = in.CacheType; key == "" {
			key = "-"
		}
	}
	r, ok := responders[key]
	if !ok {
		panic("no responder for " + key)
	}
	var result respondResult
	asked := false
	r.answerWith(func(string, string, map[string]string) (*credentialproviderapi.CredentialProviderResponse, error) {
		asked = true
		response, err := r.replyOf(in.Stdout)
		if err != nil {
			return nil, err
		}
		result.Decoded = true
		result.CacheKeyType = string(response.CacheKeyType)
		if response.CacheDuration != nil {
			ns := int64(response.CacheDuration.Duration)
			result.Duration = &ns
		}
		return response, nil
	})
	responderWorld.currentToken = string(in.Token)
	takeLogs()
	config, _ := provide(r.perPod, respondImage)
	if !asked {
		panic("the provider was not asked")
	}
	result.Log = takeLogs()
	result.Accepted = result.Decoded && len(result.Log) == 0
	result.Auth = [][3][]byte{}
	for key, entry := range config {
		result.Auth = append(result.Auth,
			[3][]byte{[]byte(key), []byte(entry.Username), []byte(entry.Password)})
	}
	if !result.Decoded {
		if _, err := decodeResponse(r.exec, in.Stdout); err != nil {
			result.Problem = []byte(err.Error())
		}
	}
	r.takeStored(&result)
	return result
}

// takeStored reads the one entry that the lookup left and empties the cache.
func (r registered) takeStored(result *respondResult) {
	for _, entry := range r.cached() {
		life := int64(entry.expires.Sub(time.Now()))
		result.Life, result.Key = &life, []byte(entry.key)
		r.storage().Delete(entry.key)
	}
}
