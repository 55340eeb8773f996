package oracle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing/synctest"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	credentialproviderapi "k8s.io/kubelet/pkg/apis/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"
)

func init() { handlers["scenario"] = each(scenario) }

// scenarioInput is one kubelet from its start to its end.
type scenarioInput struct {
	Config []byte `json:"config"`
	// BinDir holds real providers. Empty: no process is started; the steps say
	// what the providers answer.
	BinDir string `json:"binDir"`
	Steps  []step `json:"steps"`
}

// step is one thing that happens; which fields count depends on `do`.
type step struct {
	Do string `json:"do"`

	// do=account: the service account is from now on like this.
	Namespace   string `json:"namespace"`
	Account     string `json:"account"`
	UID         string `json:"uid"`
	Annotations pairs  `json:"annotations"`
	Token       []byte `json:"token"`
	TokenError  string `json:"tokenError"`
	Gone        bool   `json:"gone"`

	// do=lookup: a container of this pod asks for the credentials of an image.
	Lookup int    `json:"lookup"`
	Pod    string `json:"pod"`
	PodUID string `json:"podUID"`
	Image  []byte `json:"image"`
	// Answers are by provider, for what is executed before the step ends. A
	// provider without one stays in flight until do=answer.
	Answers map[string]answerInput `json:"answers"`

	// do=answer: the execution with this stdin ends.
	Provider string      `json:"provider"`
	Stdin    []byte      `json:"stdin"`
	Answer   answerInput `json:"answer"`

	// do=advance: time passes.
	Nanoseconds int64 `json:"nanoseconds"`
}

type answerInput struct {
	Stdout []byte `json:"stdout"`
	// Failed: the process did not end with status 0.
	Failed bool `json:"failed"`
}

type event struct {
	Event string `json:"event"`

	Provider string `json:"provider,omitempty"`
	Stdin    []byte `json:"stdin,omitempty"`

	Namespace string   `json:"namespace,omitempty"`
	Account   string   `json:"account,omitempty"`
	UID       string   `json:"uid,omitempty"`
	Audiences []string `json:"audiences,omitempty"`
	Pod       string   `json:"pod,omitempty"`
	PodUID    string   `json:"podUID,omitempty"`

	Lookup      int          `json:"lookup,omitempty"`
	Found       bool         `json:"found,omitempty"`
	Credentials []credential `json:"credentials,omitempty"`
}

type scenarioResult struct {
	Error []byte      `json:"error,omitempty"`
	Steps [][]event   `json:"steps"`
	Log   [][][]byte  `json:"log"`
	Cache []cacheLine `json:"cache"`
}

// cacheLine is one entry of a provider's cache after the last step.
type cacheLine struct {
	Provider string `json:"provider"`
	Key      []byte `json:"key"`
	Life     int64  `json:"life"`
}

// flight is an execution under way; singleflight lets no two be equal.
type flight struct{ provider, stdin string }

type kubelet struct {
	sync.Mutex
	providers []registered
	accounts  map[string]step
	events    []event
	flights   map[flight]chan answerInput
	answers   map[string]answerInput
	lookups   sync.WaitGroup
}

func scenario(in scenarioInput) scenarioResult {
	k := &kubelet{accounts: map[string]step{}, flights: map[flight]chan answerInput{}}
	takeLogs()
	if err := k.start(in); err != nil {
		return scenarioResult{Error: failure(err)}
	}
	defer unregisterAll()
	var result scenarioResult
	for _, s := range in.Steps {
		k.perform(s)
		synctest.Wait()
		result.Steps = append(result.Steps, k.take())
		result.Log = append(result.Log, takeLogs())
	}
	for _, r := range k.providers {
		for _, entry := range r.cached() {
			line := cacheLine{r.name, []byte(entry.key), int64(time.Until(entry.expires))}
			result.Cache = append(result.Cache, line)
		}
	}
	k.end()
	return result
}

func (k *kubelet) start(in scenarioInput) error {
	directory := filepath.Join(workDirectory, "scenario")
	if err := os.RemoveAll(directory); err != nil {
		return err
	}
	path, binDir, err := writeConfig(directory, in.Config)
	if err != nil {
		return err
	}
	if in.BinDir != "" {
		return k.register(path, in.BinDir)
	}
	read, _, err := readConfig(path)
	if err != nil {
		return err
	}
	for _, p := range read.Providers {
		if err := os.WriteFile(filepath.Join(binDir, p.Name), nil, 0o755); err != nil {
			return err
		}
	}
	if err := k.register(path, binDir); err != nil {
		return err
	}
	for _, r := range k.providers {
		r.answerWith(k.hookOf(r))
	}
	return nil
}

func (k *kubelet) register(configPath, binDir string) error {
	if err := register(configPath, binDir, k); err != nil {
		unregisterAll()
		return err
	}
	k.providers = providersFor("", "", "", "")
	return nil
}

func (k *kubelet) perform(s step) {
	switch s.Do {
	case "account":
		k.Lock()
		k.accounts[s.Namespace+"/"+s.Account] = s
		k.Unlock()
	case "lookup":
		k.Lock()
		k.answers = s.Answers
		k.Unlock()
		k.lookups.Go(func() { k.lookup(s) })
	case "answer":
		k.Lock()
		key := flight{s.Provider, string(s.Stdin)}
		ended, ok := k.flights[key]
		delete(k.flights, key)
		k.answers = nil
		k.Unlock()
		if ok {
			ended <- s.Answer
		}
	case "advance":
		time.Sleep(time.Duration(s.Nanoseconds))
	default:
		panic("no such step: " + s.Do)
	}
}

// lookup does what the image manager does with a pod's image: it builds the
// keyring of the pod and looks the repo name up.
func (k *kubelet) lookup(s step) {
	ring := plugin.NewExternalCredentialProviderDockerKeyring(s.Namespace, s.Pod, s.PodUID, s.Account)
	found, ok := ring.Lookup(string(s.Image))
	k.note(event{Event: "done", Lookup: s.Lookup, Found: ok, Credentials: credentialsOf(found)})
}

// end lets what is still in flight fail, so that no goroutine stays behind.
func (k *kubelet) end() {
	for {
		synctest.Wait()
		k.Lock()
		left := k.flights
		k.flights = map[flight]chan answerInput{}
		k.answers = nil
		k.Unlock()
		if len(left) == 0 {
			break
		}
		for _, ended := range left {
			ended <- answerInput{Failed: true}
		}
	}
	k.lookups.Wait()
	takeLogs()
}

func (k *kubelet) note(e event) {
	k.Lock()
	defer k.Unlock()
	k.events = append(k.events, e)
}

func (k *kubelet) take() []event {
	k.Lock()
	defer k.Unlock()
	events := k.events
	k.events = nil
	if events == nil {
		return []event{}
	}
	return events
}

// hookOf stands for the processes of one provider.
func (k *kubelet) hookOf(r registered) hook {
	return func(image, token string, annotations map[string]string) (*credentialproviderapi.CredentialProviderResponse, error) {
		stdin, err := encodeRequest(r.exec, &credentialproviderapi.CredentialProviderRequest{
			Image: image, ServiceAccountToken: token, ServiceAccountAnnotations: annotations,
		})
		if err != nil {
			return nil, fmt.Errorf("failed to encode auth request: %w", err)
		}
		answer := <-k.execute(r.name, stdin)
		if answer.Failed {
			return nil, fmt.Errorf("error execing credential provider plugin %s for image %s: exit status 1: ", r.name, image)
		}
		return r.replyOf(answer.Stdout)
	}
}

func (k *kubelet) execute(provider string, stdin []byte) <-chan answerInput {
	k.Lock()
	defer k.Unlock()
	k.events = append(k.events, event{Event: "exec", Provider: provider, Stdin: stdin})
	ended := make(chan answerInput, 1)
	if answer, ok := k.answers[provider]; ok {
		ended <- answer
	} else {
		k.flights[flight{provider, string(stdin)}] = ended
	}
	return ended
}

// The API server, as far as the kubelet asks it.

func (k *kubelet) account(namespace, name string) (*corev1.ServiceAccount, error) {
	k.Lock()
	defer k.Unlock()
	known, ok := k.accounts[namespace+"/"+name]
	if !ok || known.Gone {
		return nil, fmt.Errorf("serviceaccount %q not found", name)
	}
	return serviceAccount(namespace, name, known.UID, known.Annotations.asMap()), nil
}

func (k *kubelet) token(namespace, name string, request *authenticationv1.TokenRequest) (string, error) {
	k.Lock()
	defer k.Unlock()
	bound := request.Spec.BoundObjectRef
	k.events = append(k.events, event{
		Event: "token", Namespace: namespace, Account: name, UID: string(request.UID),
		Audiences: request.Spec.Audiences, Pod: bound.Name, PodUID: string(bound.UID),
	})
	known := k.accounts[namespace+"/"+name]
	if known.TokenError != "" {
		return "", errors.New(known.TokenError)
	}
	return string(known.Token), nil
}
