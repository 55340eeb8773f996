// Decodes the first JSON value of its request and does not look what follows.
//
// The natural way in Go, json.NewDecoder(os.Stdin).Decode, does exactly that.
//
// id: a3-go-decoder
// defect: D-A3
// rule: K-075
// check: A14
// setup: node

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

const apiVersion = "credentialprovider.kubelet.k8s.io/v1"

func main() {
	var request struct{ Kind, APIVersion, Image string }
	err := json.NewDecoder(os.Stdin).Decode(&request)
	if err != nil || request.APIVersion != apiVersion || request.Kind != "CredentialProviderRequest" {
		fmt.Fprintln(os.Stderr, "provider: this is no CredentialProviderRequest of v1")
		os.Exit(1)
	}
	auth := map[string]any{}
	host, _, _ := strings.Cut(request.Image, "/")
	for _, registry := range strings.Split(os.Getenv("PROVIDER_REGISTRIES"), ",") {
		if host == registry {
			auth[host] = map[string]string{
				"username": os.Getenv("NODE_USERNAME"),
				"password": os.Getenv("NODE_PASSWORD"),
			}
		}
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"kind":          "CredentialProviderResponse",
		"apiVersion":    apiVersion,
		"cacheKeyType":  "Image",
		"cacheDuration": "30m",
		"auth":          auth,
	})
}
