// Posts the token with Go's default client, which repeats the body after a 307.
//
// id: j4-go-default-client
// defect: D-J4, D-J2
// rule: S-65
// check: J04
// setup: workload

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const apiVersion = "credentialprovider.kubelet.k8s.io/v1"

func fail(why string) {
	fmt.Fprintln(os.Stderr, "provider:", why)
	os.Exit(1)
}

func main() {
	var request struct{ Kind, APIVersion, Image, ServiceAccountToken string }
	if json.NewDecoder(os.Stdin).Decode(&request) != nil || request.APIVersion != apiVersion {
		fail("this is no CredentialProviderRequest of v1")
	}
	answer := map[string]any{
		"kind":          "CredentialProviderResponse",
		"apiVersion":    apiVersion,
		"cacheKeyType":  "Image",
		"cacheDuration": "0s",
		"auth":          map[string]any{},
	}
	host, _, _ := strings.Cut(request.Image, "/")
	if strings.Contains(","+os.Getenv("PROVIDER_REGISTRIES")+",", ","+host+",") {
		client := http.Client{Timeout: 3 * time.Second}
		reply, err := client.PostForm(os.Getenv("EXCHANGE_URL"), url.Values{
			"grant_type":         {"urn:ietf:params:oauth:grant-type:token-exchange"},
			"subject_token":      {request.ServiceAccountToken},
			"subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"},
		})
		if err != nil || reply.StatusCode != http.StatusOK {
			fail("the exchange gave no credential")
		}
		var given struct {
			Username string `json:"username"`
			Password string `json:"access_token"`
		}
		if json.NewDecoder(reply.Body).Decode(&given) != nil || given.Password == "" {
			fail("the exchange's reply is of no use")
		}
		answer["auth"] = map[string]any{request.Image: map[string]string{
			"username": given.Username,
			"password": given.Password,
		}}
	}
	json.NewEncoder(os.Stdout).Encode(answer)
}
