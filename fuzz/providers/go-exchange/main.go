// A kubelet image credential provider in Go that exchanges service account
// tokens (RFC 8693). Standard library only.
//
//	go-exchange --exchange=URL --registry=HOST[:PORT] [--registry=…] [--timeout=20s]
//
// It answers for one repository at a time (cacheKeyType Image).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
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
	apiVersion   = "credentialprovider.kubelet.k8s.io/v1"
	requestLimit = 4 << 20
	replyLimit   = 64 << 10
	longestCache = 12 * time.Hour
)

type request struct {
	Kind                string `json:"kind"`
	APIVersion          string `json:"apiVersion"`
	Image               string `json:"image"`
	ServiceAccountToken string `json:"serviceAccountToken"`
}

type entry struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

type response struct {
	Kind          string           `json:"kind"`
	APIVersion    string           `json:"apiVersion"`
	CacheKeyType  string           `json:"cacheKeyType"`
	CacheDuration string           `json:"cacheDuration"`
	Auth          map[string]entry `json:"auth"`
}

type hosts []string

func (h *hosts) String() string     { return strings.Join(*h, ",") }
func (h *hosts) Set(v string) error { *h = append(*h, v); return nil }

var path = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)

func main() {
	var registries hosts
	flag.CommandLine.Init("go-exchange", flag.ContinueOnError)
	flag.CommandLine.SetOutput(io.Discard)
	flag.Var(&registries, "registry", "registry to serve, repeatable")
	exchange := flag.String("exchange", "", "URL of the token exchange")
	timeout := flag.Duration("timeout", 20*time.Second, "bound for everything together")
	err := flag.CommandLine.Parse(os.Args[1:])
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), *timeout)
		defer cancel()
		err = run(ctx, registries, *exchange)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "go-exchange:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, registries hosts, exchange string) error {
	data, err := io.ReadAll(io.LimitReader(os.Stdin, requestLimit+1))
	if err != nil {
		return errors.New("the request cannot be read")
	}
	if len(data) > requestLimit {
		return errors.New("the request is larger than 4 MiB")
	}
	var asked request
	// The decoder's own errors quote what they stumble over: keep them away.
	if json.Unmarshal(data, &asked) != nil {
		return errors.New("the request is not a JSON object of the right shape")
	}
	if asked.APIVersion != apiVersion || asked.Kind != "CredentialProviderRequest" {
		return errors.New("the request is no CredentialProviderRequest of " + apiVersion)
	}
	if asked.Image == "" {
		return errors.New("the request has no image")
	}
	answer := response{
		Kind:          "CredentialProviderResponse",
		APIVersion:    asked.APIVersion,
		CacheKeyType:  "Image",
		CacheDuration: "5m0s",
		Auth:          map[string]entry{},
	}
	host, repository, _ := strings.Cut(asked.Image, "/")
	for _, registry := range registries {
		if registry != host {
			continue
		}
		if !path.MatchString(repository) {
			return errors.New("the image is not a repository name")
		}
		user, life, err := mint(ctx, exchange, asked.ServiceAccountToken)
		if err != nil {
			return err
		}
		answer.Auth[asked.Image] = user
		answer.CacheDuration = life.String()
	}
	return json.NewEncoder(os.Stdout).Encode(answer)
}

// mint returns the workload's credential and how long to keep it.
func mint(ctx context.Context, exchange, token string) (entry, time.Duration, error) {
	none := entry{}
	if token == "" {
		return none, 0, errors.New("the request has no service account token; configure tokenAttributes")
	}
	form := url.Values{
		"grant_type":         {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token":      {token},
		"subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"},
	}
	call, err := http.NewRequestWithContext(ctx, http.MethodPost, exchange, strings.NewReader(form.Encode()))
	if err != nil {
		return none, 0, errors.New("--exchange is not a URL")
	}
	call.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{
		Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true},
		// A redirect would carry the token to a host nobody configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	reply, err := client.Do(call)
	if err != nil {
		return none, 0, errors.New("the exchange cannot be reached, or gave no answer in time")
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return none, 0, fmt.Errorf("the exchange answered with status %d", reply.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(reply.Body, replyLimit+1))
	if err != nil || len(data) > replyLimit {
		return none, 0, errors.New("the exchange's reply is too large or was cut short")
	}
	var given struct {
		Username    string `json:"username"`
		AccessToken string `json:"access_token"`
		ExpiresIn   *int64 `json:"expires_in"`
	}
	if json.Unmarshal(data, &given) != nil {
		return none, 0, errors.New("the exchange's reply is not a JSON object of the right shape")
	}
	if given.Username == "" || given.AccessToken == "" || given.AccessToken == token {
		return none, 0, errors.New("the exchange's reply has no usable username and access_token")
	}
	found := entry{given.Username, given.AccessToken}
	if given.ExpiresIn == nil {
		return found, 0, nil // unknown is not forever: use it once
	}
	if *given.ExpiresIn <= 0 {
		return none, 0, errors.New("the exchange's reply has no usable expires_in")
	}
	life := longestCache
	if *given.ExpiresIn < int64(longestCache/time.Second) {
		life = time.Duration(*given.ExpiresIn) * time.Second
	}
	return found, (life * 4 / 5).Truncate(time.Second), nil
}
