// A correct provider in Go, cut into steps like base.py: a mutant lies beside it
// and puts another function in the place of a step, in its init.
//
// Standard library only; the environment is that of base.py, with the identity
// of the workload and version v1. See `ensure_program` in fuzz/build.py.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
)

const (
	apiVersion = "credentialprovider.kubelet.k8s.io/v1"
	mostBytes  = 4 << 20
	mostCacheS = 12 * 3600
)

var mostReply int64 = 64 << 10

type Request struct {
	Kind                      string            `json:"kind"`
	APIVersion                string            `json:"apiVersion"`
	Image                     string            `json:"image"`
	ServiceAccountToken       string            `json:"serviceAccountToken"`
	ServiceAccountAnnotations map[string]string `json:"serviceAccountAnnotations"`
}

type Entry struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

type Response struct {
	Kind          string           `json:"kind"`
	APIVersion    string           `json:"apiVersion"`
	CacheKeyType  string           `json:"cacheKeyType"`
	CacheDuration string           `json:"cacheDuration"`
	Auth          map[string]Entry `json:"auth"`
}

// Reply of the exchange. A member that is absent or null is nil.
type Reply struct {
	Username        *string `json:"username"`
	AccessToken     *string `json:"access_token"`
	IssuedTokenType *string `json:"issued_token_type"`
	ExpiresIn       *int64  `json:"expires_in"`
}

var (
	repository = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)
	client     = http.Client{
		Timeout:   3 * time.Second,
		Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}

	// The steps, in the order they run.

	decode = func(data []byte) (Request, error) {
		var request Request
		// The decoder's own errors quote what they stumble over.
		if json.Unmarshal(data, &request) != nil {
			return request, errors.New("the request is not a JSON object of the right shape")
		}
		return request, check(request)
	}
	check = func(request Request) error {
		if request.APIVersion != apiVersion || request.Kind != "CredentialProviderRequest" {
			return errors.New("this is no CredentialProviderRequest of " + apiVersion)
		}
		if request.Image == "" {
			return errors.New("the request has no image")
		}
		return nil
	}
	host = func(image string) string {
		name, _, _ := strings.Cut(image, "/")
		return name
	}
	owns = func(image string) bool {
		for _, registry := range strings.Split(os.Getenv("PROVIDER_REGISTRIES"), ",") {
			if host(image) == registry {
				return true
			}
		}
		return false
	}
	decline = func(request Request) (Response, error) {
		return answer(map[string]Entry{}, "0s"), nil
	}
	authKey  = func(image string) string { return image }
	exchange = func(request Request) (Reply, error) {
		var given Reply
		if request.ServiceAccountToken == "" {
			return given, errors.New("the request has no service account token")
		}
		reply, err := client.PostForm(os.Getenv("EXCHANGE_URL"), url.Values{
			"grant_type":         {"urn:ietf:params:oauth:grant-type:token-exchange"},
			"subject_token":      {request.ServiceAccountToken},
			"subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"},
		})
		if err != nil {
			return given, errors.New("the exchange cannot be reached, or gave no answer in time")
		}
		defer reply.Body.Close()
		data, err := io.ReadAll(io.LimitReader(reply.Body, mostReply+1))
		if err != nil || int64(len(data)) > mostReply {
			return given, errors.New("the exchange's reply is too large or was cut short")
		}
		return accept(reply.StatusCode, data)
	}
	accept = func(status int, data []byte) (Reply, error) {
		var given Reply
		if status != http.StatusOK {
			return given, fmt.Errorf("the exchange answered with status %d", status)
		}
		if json.Unmarshal(data, &given) != nil {
			return given, errors.New("the exchange's reply is not of the right shape")
		}
		return given, usable(given)
	}
	usable = func(given Reply) error {
		if given.Username == nil || given.AccessToken == nil {
			return errors.New("the exchange's reply lacks a member")
		}
		if *given.Username == "" || *given.AccessToken == "" {
			return errors.New("the exchange's reply holds no secret")
		}
		if given.ExpiresIn != nil && *given.ExpiresIn <= 0 {
			return errors.New("the exchange's reply has no usable expires_in")
		}
		return nil
	}
	cache = func(given Reply) string {
		if given.ExpiresIn == nil {
			return "0s"
		}
		life := min(*given.ExpiresIn, mostCacheS)
		return fmt.Sprintf("%ds", max(0, life-max(30, life/10)))
	}
	entry = func(given Reply) Entry { return Entry{*given.Username, *given.AccessToken} }
	emit  = func(response Response) { json.NewEncoder(os.Stdout).Encode(response) }
)

func answer(auth map[string]Entry, duration string) Response {
	return Response{"CredentialProviderResponse", apiVersion, "Image", duration, auth}
}

func decide(request Request) (Response, error) {
	if !owns(request.Image) {
		return decline(request)
	}
	if _, path, _ := strings.Cut(request.Image, "/"); !repository.MatchString(path) {
		return Response{}, errors.New("the image is not a repository name")
	}
	given, err := exchange(request)
	if err != nil {
		return Response{}, err
	}
	return answer(map[string]Entry{authKey(request.Image): entry(given)}, cache(given)), nil
}

func main() {
	data, err := io.ReadAll(io.LimitReader(os.Stdin, mostBytes+1))
	if err == nil && len(data) > mostBytes {
		err = errors.New("the request is larger than 4 MiB")
	}
	var request Request
	var response Response
	if err == nil {
		request, err = decode(data)
	}
	if err == nil {
		response, err = decide(request)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "provider:", err)
		os.Exit(1)
	}
	emit(response)
}
