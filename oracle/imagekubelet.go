package oracle

import (
	"context"
	"errors"
	"sync"
	"time"
	"unsafe"

	"go.opentelemetry.io/otel/trace/noop"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/flowcontrol"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	statsapi "k8s.io/kubelet/pkg/apis/stats/v1alpha1"
	"k8s.io/kubernetes/pkg/credentialprovider"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	"k8s.io/kubernetes/pkg/kubelet/images"
	"k8s.io/kubernetes/pkg/kubelet/images/pullmanager"
)

// imageKubelet is one run of the kubelet, as far as images go: its image
// manager, its pull manager and its two garbage collectors.
type imageKubelet struct {
	sync.Mutex
	node    *machine
	manager images.ImageManager
	pruner  func(remaining []string, until time.Time)
	// Two collectors that differ in the age under which an image is kept.
	keeping, deleting images.ImageGCManager
	dead              bool
	blind             bool
	listed            chan struct{} // closed when a held collection may go on
	freed             int64
}

// As in kuberuntime_manager.go and kubelet.go, with the defaults of maxPods
// (110) and of parallel pulls.
const (
	parallelPulls    = 0
	intentsCached    = 2 * 110
	recordsCached    = 5 * 110
	backOffPeriod    = 10 * time.Second
	backOffMax       = 300 * time.Second
	keepingAge       = 1000 * time.Hour
	collectThreshold = 50
)

// start runs a kubelet on this node.
func (n *machine) start(blind bool) error {
	if n.kubelet != nil {
		return errors.New("a kubelet runs already")
	}
	k := &imageKubelet{node: n, blind: blind}
	service := &imageService{kubelet: k}
	var manager pullmanager.ImagePullManager = &pullmanager.NoopImagePullManager{}
	if n.in.Gate {
		policy, err := pullmanager.NewImagePullCredentialVerificationPolicy(
			kubeletconfig.ImagePullCredentialsVerificationPolicy(n.in.Policy), n.in.Allowlist)
		if err != nil {
			return err
		}
		accessor, err := newRecordsAccessor(n.directory, k.mayWrite)
		if err != nil {
			return err
		}
		manager, err = pullmanager.NewImagePullManager(
			context.Background(), accessor, policy, service, parallelPulls)
		if err != nil {
			return err
		}
		k.pruner = func(remaining []string, until time.Time) { pruneUnknownRecords(manager, remaining, until) }
	}
	k.blind = false
	k.manager = images.NewImageManager(
		&record.FakeRecorder{}, nodeRing{}.bind(k), service, manager,
		flowcontrol.NewBackOff(backOffPeriod, backOffMax), false, nil, 0, 0, noTimes{})
	var err error
	if k.keeping, err = k.collector(keepingAge); err != nil {
		return err
	}
	if k.deleting, err = k.collector(0); err != nil {
		return err
	}
	n.kubelet = k
	return nil
}

func (k *imageKubelet) collector(age time.Duration) (images.ImageGCManager, error) {
	policy := images.ImageGCPolicy{
		HighThresholdPercent: collectThreshold, LowThresholdPercent: collectThreshold, MinAge: age,
	}
	return images.NewImageGCManager(
		gcRuntime{service: &imageService{kubelet: k}, node: k.node}, k, []images.PostImageGCHook{gcHook(k.hook)},
		&record.FakeRecorder{}, &corev1.ObjectReference{}, policy, noop.NewTracerProvider())
}

func (k *imageKubelet) die() {
	k.Lock()
	k.dead = true
	k.Unlock()
	k.prune()
}

func (k *imageKubelet) isDead() bool {
	k.Lock()
	defer k.Unlock()
	return k.dead
}

// mayWrite says why a file of the records' directory cannot be changed, if so.
func (k *imageKubelet) mayWrite(deletion bool) error {
	switch {
	case k.isDead():
		return errors.New("this kubelet is dead")
	case k.node.disk == "read-only":
		return errors.New("read-only file system")
	case k.node.disk == "full" && !deletion:
		return errors.New("no space left on device")
	}
	return nil
}

// collect starts one pass of image garbage collection. It is held where the
// kubelet has its list of images and is about to prune records.
func (k *imageKubelet) collect(s imagesStep, left *sync.WaitGroup) {
	k.listed = make(chan struct{})
	k.freed = s.Bytes
	left.Go(func() {
		ctx := context.Background()
		switch s.Mode {
		case "look":
			_ = k.keeping.DeleteUnusedImages(ctx)
		case "sweep":
			_ = k.deleting.DeleteUnusedImages(ctx)
		case "space":
			_ = k.deleting.GarbageCollect(ctx, time.Now())
		}
	})
}

func (k *imageKubelet) hook(remaining []string, until time.Time) {
	sorted := append([]string{}, remaining...)
	k.node.note(imagesEvent{Event: "listed", Images: sorted})
	<-k.listed
	if k.pruner != nil && !k.isDead() {
		k.pruner(remaining, until)
	}
}

// prune lets a held collection go on.
func (k *imageKubelet) prune() {
	if k.listed != nil {
		close(k.listed)
		k.listed = nil
	}
}

// detect is what the collector does every five minutes: it dates images.
func (k *imageKubelet) detect() error {
	return detect(k.deleting)
}

// ImageFsStats makes the collector want to free so many bytes.
func (k *imageKubelet) ImageFsStats(context.Context) (*statsapi.FsStats, *statsapi.FsStats, error) {
	capacity := uint64(1 << 20)
	available := capacity*(100-collectThreshold)/100 - uint64(k.freed)
	return &statsapi.FsStats{CapacityBytes: &capacity, AvailableBytes: &available}, nil, nil
}

// nodeRing is the keyring of the node. What it holds is the step's: the
// kubelet's providers would be asked here, and op `scenario` does that.
type nodeRing struct{ kubelet *imageKubelet }

func (nodeRing) bind(k *imageKubelet) credentialprovider.DockerKeyring { return nodeRing{k} }

func (r nodeRing) Lookup(image string) ([]credentialprovider.TrackedAuthConfig, bool) {
	s := r.kubelet.node.step
	r.kubelet.node.note(imagesEvent{Event: "lookup", Container: s.Container, Image: image})
	ring := &credentialprovider.BasicDockerKeyring{}
	for _, e := range s.Node {
		ring.Add(accountSource(e.Account), credentialprovider.DockerConfig{
			e.Key: credentialprovider.DockerConfigEntry{Username: e.Username, Password: e.Password},
		})
	}
	return ring.Lookup(image)
}

type noTimes struct{}

func (noTimes) RecordImageStartedPulling(types.UID)  {}
func (noTimes) RecordImageFinishedPulling(types.UID) {}

// imageService is the kubelet's own runtime manager. A pull is held before it
// begins and after it ended, so that a kubelet can die between any two steps.
type imageService struct {
	kubecontainer.ImageService
	kubelet *imageKubelet
}

func (s *imageService) PullImage(ctx context.Context, image kubecontainer.ImageSpec, credentials []credentialprovider.TrackedAuthConfig, sandbox *runtimeapi.PodSandboxConfig) (string, *credentialprovider.TrackedAuthConfig, error) {
	asked := ctx.Value(askedBy{}).(imagesStep)
	p := &pull{container: asked.Container, begin: make(chan imagesStep, 1), report: make(chan struct{})}
	n := s.kubelet.node
	n.Lock()
	n.pulls[asked.Container] = p
	n.Unlock()
	n.note(imagesEvent{Event: "pulling", Container: asked.Container})
	verdict, ok := <-p.begin
	if !ok {
		return "", nil, errors.New("this kubelet is dead")
	}
	ctx = context.WithValue(ctx, registry{}, verdict)
	ref, used, err := pullImage(runtimeOf(n), ctx, image, credentials, sandbox)
	<-p.report
	return ref, used, err
}

func (s *imageService) GetImageRef(ctx context.Context, image kubecontainer.ImageSpec) (string, error) {
	return getImageRef(runtimeOf(s.kubelet.node), ctx, image)
}

func (s *imageService) GetImageSize(ctx context.Context, image kubecontainer.ImageSpec) (uint64, error) {
	return 1, nil // for a log line only
}

func (s *imageService) ListImages(ctx context.Context) ([]kubecontainer.Image, error) {
	if s.kubelet.blind {
		return nil, errors.New("the runtime does not answer")
	}
	return listImages(runtimeOf(s.kubelet.node), ctx)
}

func (s *imageService) RemoveImage(ctx context.Context, image kubecontainer.ImageSpec) error {
	return removeImage(runtimeOf(s.kubelet.node), ctx, image)
}

// gcRuntime is what garbage collection asks of the runtime.
type gcRuntime struct {
	kubecontainer.Runtime
	service *imageService
	node    *machine
}

func (r gcRuntime) ListImages(ctx context.Context) ([]kubecontainer.Image, error) {
	return r.service.ListImages(ctx)
}

func (r gcRuntime) RemoveImage(ctx context.Context, image kubecontainer.ImageSpec) error {
	return r.service.RemoveImage(ctx, image)
}

func (r gcRuntime) GetPods(context.Context, bool) ([]*kubecontainer.Pod, error) {
	r.node.Lock()
	defer r.node.Unlock()
	var pods []*kubecontainer.Pod
	for name, ref := range r.node.running {
		pods = append(pods, &kubecontainer.Pod{
			Name: name, Containers: []*kubecontainer.Container{{Name: name, ImageID: ref}},
		})
	}
	return pods, nil
}

// The kubelet's own functions that are the same in all minors.

//go:linkname pullImage k8s.io/kubernetes/pkg/kubelet/kuberuntime.(*kubeGenericRuntimeManager).PullImage
func pullImage(manager unsafe.Pointer, ctx context.Context, image kubecontainer.ImageSpec, credentials []credentialprovider.TrackedAuthConfig, sandbox *runtimeapi.PodSandboxConfig) (string, *credentialprovider.TrackedAuthConfig, error)

//go:linkname getImageRef k8s.io/kubernetes/pkg/kubelet/kuberuntime.(*kubeGenericRuntimeManager).GetImageRef
func getImageRef(manager unsafe.Pointer, ctx context.Context, image kubecontainer.ImageSpec) (string, error)

//go:linkname listImages k8s.io/kubernetes/pkg/kubelet/kuberuntime.(*kubeGenericRuntimeManager).ListImages
func listImages(manager unsafe.Pointer, ctx context.Context) ([]kubecontainer.Image, error)

//go:linkname removeImage k8s.io/kubernetes/pkg/kubelet/kuberuntime.(*kubeGenericRuntimeManager).RemoveImage
func removeImage(manager unsafe.Pointer, ctx context.Context, image kubecontainer.ImageSpec) error

//go:linkname detectImages k8s.io/kubernetes/pkg/kubelet/images.(*realImageGCManager).detectImages
func detectImages(manager unsafe.Pointer, ctx context.Context, now time.Time) (map[string]struct{}, error)

func detect(manager images.ImageGCManager) error {
	pointer := (*[2]unsafe.Pointer)(unsafe.Pointer(&manager))[1]
	_, err := detectImages(pointer, context.Background(), time.Now())
	return err
}
