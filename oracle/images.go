package oracle

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/kubernetes/pkg/features"
	"k8s.io/kubernetes/pkg/kubelet/images"
)

func init() { handlers["images"] = each(imagesScenario) }

// imagesInput is one node: its disk and runtime outlive the kubelets on it.
// Everything here is UTF-8 by the API's own rules, so texts are plain.
type imagesInput struct {
	Gate      bool         `json:"gate"`
	Policy    string       `json:"policy"`
	Allowlist []string     `json:"allowlist"`
	Contents  []content    `json:"contents"`
	Steps     []imagesStep `json:"steps"`
}

// content is one image, by all names it is served under.
type content struct {
	Ref string `json:"ref"`
	// PullRef is what PullImage returns, if it is another.
	PullRef string                 `json:"pullRef"`
	Names   map[string]contentName `json:"names"`
}

// contentName says what the runtime makes of a name that the kubelet gives it.
type contentName struct {
	Name   string   `json:"name"`
	Brings []string `json:"brings"`
}

type imagesStep struct {
	Do string `json:"do"`

	// do=ensure: a container of this pod is about to start.
	Container    string       `json:"container"`
	Namespace    string       `json:"namespace"`
	Pod          string       `json:"pod"`
	PodUID       string       `json:"podUID"`
	Image        string       `json:"image"`
	Pull         string       `json:"pull"`
	Secrets      []pullSecret `json:"secrets"`
	Node         []ringEntry  `json:"node"`
	InspectError bool         `json:"inspectError"`

	// do=pull: the runtime tries the pull under way for a container.
	Opens     []string `json:"opens"` // user names that the registry lets pull
	Anonymous bool     `json:"anonymous"`
	Outage    string   `json:"outage"`

	// do=start: blind if the runtime does not list its images.
	Blind bool `json:"blind"`

	// do=write: a file of the records' directory, from now on; nil: it is gone.
	Folder  string  `json:"folder"`
	File    string  `json:"file"`
	Content *string `json:"content"`

	// do=present, do=remove.
	Ref  string `json:"ref"`
	Name string `json:"name"`

	// do=collect: `look` keeps what is young, `sweep` deletes all that is
	// unused, `space` frees these bytes. It stops before the kubelet prunes.
	Mode  string `json:"mode"`
	Bytes int64  `json:"bytes"`

	// do=disk: ok, full or read-only.
	State string `json:"state"`

	Nanoseconds int64 `json:"nanoseconds"`
}

type pullSecret struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	UID       string `json:"uid"`
	Type      string `json:"type"`
	Data      string `json:"data"`
}

// ringEntry is a credential that does not come from a pull secret.
type ringEntry struct {
	Key      string   `json:"key"`
	Username string   `json:"username"`
	Password string   `json:"password"`
	Account  *account `json:"account"` // nil: nobody's, open to the node
}

type imagesEvent struct {
	Event     string   `json:"event"`
	Container string   `json:"container,omitempty"`
	Image     string   `json:"image,omitempty"`
	Username  string   `json:"username,omitempty"`
	Ref       string   `json:"ref,omitempty"`
	Error     string   `json:"error,omitempty"`
	Message   string   `json:"message,omitempty"`
	Images    []string `json:"images,omitempty"`
}

type imagesStepResult struct {
	Events []imagesEvent `json:"events"`
	// Files are by folder and name, with their exact content; absent: as before.
	Files map[string]map[string]string `json:"files,omitempty"`
}

type imagesResult struct {
	Error string             `json:"error,omitempty"`
	Now   int64              `json:"now"` // seconds since 1970 before the first step
	Steps []imagesStepResult `json:"steps"`
}

// machine is a node: what is there whether a kubelet runs or not.
type machine struct {
	sync.Mutex
	in        imagesInput
	directory string
	disk      string
	present   map[string]map[string]bool // ref to names
	running   map[string]string          // container to ref
	events    []imagesEvent
	files     map[string]map[string]string
	step      imagesStep
	pulls     map[string]*pull // by container, under way
	kubelet   *imageKubelet    // nil: none runs
	left      sync.WaitGroup
}

// pull is one pull under way, held before the runtime begins and after it ended.
type pull struct {
	container string
	begin     chan imagesStep
	report    chan struct{}
	verdict   imagesStep
}

var scenarios int

func imagesScenario(in imagesInput) (result imagesResult) {
	scenarios++
	n := &machine{
		in: in, disk: "ok",
		directory: filepath.Join(workDirectory, "node"+strconv.Itoa(scenarios)),
		present:   map[string]map[string]bool{}, running: map[string]string{}, pulls: map[string]*pull{},
	}
	const gate = features.KubeletEnsureSecretPulledImages
	before := utilfeature.DefaultFeatureGate.Enabled(gate)
	if err := setGate(gate, in.Gate); err != nil {
		return imagesResult{Error: err.Error()}
	}
	defer func() { _ = setGate(gate, before) }()
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
	result = imagesResult{Now: time.Now().Unix(), Steps: []imagesStepResult{}}
	defer os.RemoveAll(n.directory)
	defer n.end()
	if err := n.start(false); err != nil {
		result.Error = err.Error()
		return result
	}
	n.take()
	for _, s := range in.Steps {
		n.step = s
		if err := n.perform(s); err != nil {
			result.Error = err.Error()
			return result
		}
		synctest.Wait()
		result.Steps = append(result.Steps, n.take())
	}
	return result
}

func (n *machine) perform(s imagesStep) error {
	switch s.Do {
	case "ensure":
		if n.kubelet == nil {
			return errors.New("no kubelet runs")
		}
		kubelet := n.kubelet
		n.left.Go(func() { kubelet.ensure(s) })
	case "pull":
		if p := n.pulls[s.Container]; p != nil && p.verdict.Do == "" {
			p.verdict = s
			p.begin <- s
		}
	case "record":
		if p := n.pulls[s.Container]; p != nil && p.verdict.Do != "" {
			delete(n.pulls, s.Container)
			close(p.report)
		}
	case "crash":
		n.crash()
	case "start":
		return n.start(s.Blind)
	case "write":
		return n.write(s)
	case "present":
		n.add(s.Ref, s.Name)
	case "remove":
		delete(n.present, s.Ref)
	case "finish":
		delete(n.running, s.Container)
	case "collect":
		n.kubelet.collect(s, &n.left)
	case "detect":
		return n.kubelet.detect()
	case "prune":
		n.kubelet.prune()
	case "disk":
		n.disk = s.State
	case "advance":
		time.Sleep(time.Duration(s.Nanoseconds))
	default:
		return errors.New("no such step: " + s.Do)
	}
	return nil
}

func (n *machine) write(s imagesStep) error {
	path := filepath.Join(n.directory, "image_manager", s.Folder, s.File)
	if s.Content == nil {
		return os.Remove(path)
	}
	return os.WriteFile(path, []byte(*s.Content), 0o600)
}

// crash ends the kubelet where it stands: whatever it goes on to do has no
// effect on the node any more.
func (n *machine) crash() {
	if n.kubelet == nil {
		return
	}
	n.kubelet.die()
	n.kubelet = nil
	for container, p := range n.pulls {
		delete(n.pulls, container)
		if p.verdict.Do == "" {
			close(p.begin)
		}
		close(p.report)
	}
	synctest.Wait()
}

func (n *machine) end() {
	n.crash()
	n.left.Wait()
	takeLogs()
}

func (n *machine) note(e imagesEvent) {
	n.Lock()
	defer n.Unlock()
	n.events = append(n.events, e)
}

func (n *machine) take() imagesStepResult {
	n.Lock()
	defer n.Unlock()
	result := imagesStepResult{Events: n.events}
	n.events = nil
	if result.Events == nil {
		result.Events = []imagesEvent{}
	}
	if files := recordFiles(n.directory); !sameFiles(files, n.files) {
		n.files, result.Files = files, files
	}
	takeLogs()
	return result
}

// ensure does what the kubelet does before it starts a container.
func (k *imageKubelet) ensure(s imagesStep) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Namespace: s.Namespace, Name: s.Pod, UID: types.UID(s.PodUID),
	}}
	sandbox := &runtimeapi.PodSandboxConfig{Metadata: &runtimeapi.PodSandboxMetadata{
		Namespace: s.Namespace, Name: s.Pod, Uid: s.PodUID,
	}}
	secrets := make([]corev1.Secret, len(s.Secrets))
	for i, secret := range s.Secrets {
		key := corev1.DockerConfigJsonKey
		if secret.Type == string(corev1.SecretTypeDockercfg) {
			key = corev1.DockerConfigKey
		}
		secrets[i] = corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: secret.Namespace, Name: secret.Name, UID: types.UID(secret.UID),
			},
			Type: corev1.SecretType(secret.Type),
			Data: map[string][]byte{key: []byte(secret.Data)},
		}
	}
	ctx := context.WithValue(context.Background(), askedBy{}, s)
	ref, message, err := k.manager.EnsureImageExists(
		ctx, nil, pod, s.Image, secrets, sandbox, "", corev1.PullPolicy(s.Pull))
	if k.isDead() {
		return
	}
	done := imagesEvent{Event: "done", Container: s.Container, Ref: ref, Message: message}
	if err != nil {
		done.Error = errorClass(err)
	} else {
		k.node.Lock()
		k.node.running[s.Container] = k.node.statusRef(s.Image)
		k.node.Unlock()
	}
	k.node.note(done)
}

// askedBy is the key of a context's step: a runtime is not told who asks.
type askedBy struct{}

func errorClass(err error) string {
	for _, known := range []error{
		images.ErrImagePullBackOff, images.ErrImageInspect, images.ErrImagePull,
		images.ErrImageNeverPull, images.ErrInvalidImageName,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "other: " + err.Error()
}

func recordFiles(directory string) map[string]map[string]string {
	found := map[string]map[string]string{}
	for _, folder := range []string{"pulling", "pulled"} {
		path := filepath.Join(directory, "image_manager", folder)
		entries, err := os.ReadDir(path)
		if err != nil {
			continue
		}
		found[folder] = map[string]string{}
		for _, entry := range entries {
			if data, err := os.ReadFile(filepath.Join(path, entry.Name())); err == nil {
				found[folder][entry.Name()] = string(data)
			}
		}
	}
	return found
}

func sameFiles(a, b map[string]map[string]string) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}
