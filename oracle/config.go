package oracle

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
)

func init() { handlers["config"] = each(config) }

type configInput struct {
	// Files are names and contents. They stand in `directory`, as the hello
	// line tells it, while the kubelet reads them.
	Files [][2][]byte `json:"files"`
	// Path is which of them to read; empty: the directory.
	Path []byte `json:"path"`
	// Tokens is the gate KubeletServiceAccountTokenForCredentialProviders.
	Tokens bool `json:"tokens"`
}

type configResult struct {
	Error     []byte         `json:"error,omitempty"`
	Invalid   [][]byte       `json:"invalid,omitempty"`
	Hash      string         `json:"hash,omitempty"`
	Providers []providerJSON `json:"providers,omitempty"`
}

type providerJSON struct {
	Name            string           `json:"name"`
	MatchImages     []string         `json:"matchImages"`
	DefaultDuration *int64           `json:"defaultCacheDuration"`
	APIVersion      string           `json:"apiVersion"`
	Args            []string         `json:"args"`
	Env             [][2]string      `json:"env"`
	Tokens          *tokenAttributes `json:"tokenAttributes"`
}

type tokenAttributes struct {
	Audience     string   `json:"audience"`
	CacheType    string   `json:"cacheType"`
	Require      *bool    `json:"require"`
	RequiredKeys []string `json:"required"`
	OptionalKeys []string `json:"optional"`
}

// config reads and validates as registration does, and tells the error that
// registration would end with.
func config(in configInput) configResult {
	directory := filepath.Join(workDirectory, "config")
	defer os.RemoveAll(directory)
	if err := os.MkdirAll(directory, 0o755); err != nil {
		panic(err)
	}
	for _, file := range in.Files {
		if err := os.WriteFile(filepath.Join(directory, string(file[0])), file[1], 0o644); err != nil {
			panic(err)
		}
	}
	read, hash, err := readConfig(filepath.Join(directory, string(in.Path)))
	if err != nil {
		return configResult{Error: failure(err)}
	}
	if errs := validateCredentialProviderConfig(read, in.Tokens); len(errs) > 0 {
		result := configResult{
			Error: fmt.Appendf(nil, "failed to validate credential provider config: %v", errs.ToAggregate()),
		}
		for _, each := range errs {
			result.Invalid = append(result.Invalid, failure(each))
		}
		return result
	}
	result := configResult{Hash: hash}
	for _, p := range read.Providers {
		result.Providers = append(result.Providers, providerOf(p))
	}
	return result
}

func providerOf(p kubeletconfig.CredentialProvider) providerJSON {
	out := providerJSON{
		Name:            p.Name,
		MatchImages:     p.MatchImages,
		DefaultDuration: nanoseconds(p.DefaultCacheDuration),
		APIVersion:      p.APIVersion,
		Args:            p.Args,
	}
	for _, variable := range p.Env {
		out.Env = append(out.Env, [2]string{variable.Name, variable.Value})
	}
	if t := p.TokenAttributes; t != nil {
		out.Tokens = &tokenAttributes{
			Audience:     t.ServiceAccountTokenAudience,
			CacheType:    cacheTypeOf(t),
			Require:      t.RequireServiceAccount,
			RequiredKeys: t.RequiredServiceAccountAnnotationKeys,
			OptionalKeys: t.OptionalServiceAccountAnnotationKeys,
		}
	}
	return out
}

func nanoseconds(d *metav1.Duration) *int64 {
	if d == nil {
		return nil
	}
	ns := int64(d.Duration / time.Nanosecond)
	return &ns
}
