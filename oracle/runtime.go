package oracle

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unsafe"

	internalapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	_ "k8s.io/kubernetes/pkg/kubelet/kuberuntime"
)

// cri is a container runtime's image service for the kubelet's runtime
// manager. It holds images, asks nobody, and notes what it is asked.
type cri struct {
	internalapi.ImageManagerService
}

// criVersion is all that is asked of the rest of a runtime.
type criVersion struct {
	internalapi.RuntimeService
}

func (criVersion) Version(context.Context, string) (*runtimeapi.VersionResponse, error) {
	return &runtimeapi.VersionResponse{RuntimeName: "oracle"}, nil
}

// registry is the key of a context's step: what the registry says to this pull.
type registry struct{}

var (
	runtimeManager unsafe.Pointer // made once; it remembers nothing of images
	served         *machine       // the node it is on at the moment
)

// prepareRuntime is for before the bubble: what the manager has besides looks
// at its clock every half second, which makes virtual hours long.
func prepareRuntime() error {
	manager, err := newRuntimeManager(criVersion{}, cri{})
	runtimeManager = manager
	return err
}

func runtimeOf(n *machine) unsafe.Pointer {
	served = n
	return runtimeManager
}

func (cri) ImageStatus(ctx context.Context, image *runtimeapi.ImageSpec, _ bool) (*runtimeapi.ImageStatusResponse, error) {
	asked, _ := ctx.Value(askedBy{}).(imagesStep)
	served.note(imagesEvent{Event: "status", Container: asked.Container, Image: image.Image})
	if asked.InspectError {
		return nil, errors.New("the runtime does not answer")
	}
	served.Lock()
	defer served.Unlock()
	ref := served.statusRef(image.Image)
	if ref == "" {
		return &runtimeapi.ImageStatusResponse{}, nil
	}
	return &runtimeapi.ImageStatusResponse{Image: &runtimeapi.Image{Id: ref}}, nil
}

func (cri) PullImage(ctx context.Context, image *runtimeapi.ImageSpec, auth *runtimeapi.AuthConfig, _ *runtimeapi.PodSandboxConfig) (string, error) {
	asked := ctx.Value(askedBy{}).(imagesStep)
	verdict := ctx.Value(registry{}).(imagesStep)
	event := imagesEvent{Event: "pull", Container: asked.Container, Image: image.Image}
	isAllowed := verdict.Anonymous
	if auth != nil {
		event.Username = auth.Username
		isAllowed = slices.Contains(verdict.Opens, auth.Username)
	}
	served.note(event)
	if verdict.Outage != "" {
		return "", errors.New(verdict.Outage)
	}
	if !isAllowed {
		return "", errors.New("pull access denied")
	}
	return served.pulled(image.Image)
}

func (cri) ListImages(context.Context, *runtimeapi.ImageFilter) ([]*runtimeapi.Image, error) {
	served.Lock()
	defer served.Unlock()
	var all []*runtimeapi.Image
	for _, c := range served.in.Contents {
		if len(served.present[c.Ref]) == 0 {
			continue
		}
		image := &runtimeapi.Image{Id: c.Ref, Spec: &runtimeapi.ImageSpec{Image: c.Ref}}
		setSize(image, 1)
		for name := range served.present[c.Ref] {
			if strings.Contains(name, "@") {
				image.RepoDigests = append(image.RepoDigests, name)
			} else {
				image.RepoTags = append(image.RepoTags, name)
			}
		}
		all = append(all, image)
	}
	return all, nil
}

func (cri) RemoveImage(_ context.Context, image *runtimeapi.ImageSpec) error {
	served.Lock()
	defer served.Unlock()
	delete(served.present, image.Image)
	return nil
}

// What names mean to the runtime is the scenario's to say.

func (n *machine) statusRef(image string) string {
	for _, c := range n.in.Contents {
		if known, ok := c.Names[image]; ok && n.present[c.Ref][known.Name] {
			return c.Ref
		}
	}
	return ""
}

func (n *machine) pulled(image string) (string, error) {
	n.Lock()
	defer n.Unlock()
	for _, c := range n.in.Contents {
		if known, ok := c.Names[image]; ok {
			for _, name := range append([]string{known.Name}, known.Brings...) {
				n.addName(c.Ref, name)
			}
			if c.PullRef != "" {
				return c.PullRef, nil
			}
			return c.Ref, nil
		}
	}
	return "", errors.New("no such image")
}

func (n *machine) add(ref, name string) {
	n.Lock()
	defer n.Unlock()
	n.addName(ref, name)
}

func (n *machine) addName(ref, name string) {
	if n.present[ref] == nil {
		n.present[ref] = map[string]bool{}
	}
	n.present[ref][name] = true
}
