package oracle

import (
	"net/url"
	"path/filepath"
	"reflect"
	"time"

	credentialproviderapi "k8s.io/kubelet/pkg/apis/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider"
	"k8s.io/kubernetes/pkg/util/parsers"
)

func init() {
	handlers["duration"] = each(duration)
	handlers["url"] = each(parseURL)
	handlers["glob"] = each(glob)
	handlers["match"] = each(match)
	handlers["image"] = each(image)
	handlers["keyring"] = each(keyring)
	handlers["accountKey"] = each(func(in accountKeyInput) keyResult { return keyed(serviceAccountKey(in)) })
	handlers["cacheKey"] = each(func(in cacheKeyInput) keyResult {
		return keyed(generateCacheKey(string(in.Base), string(in.Account)))
	})
	handlers["flightKey"] = each(flightKey)
	handlers["authHash"] = each(authHash)
	handlers["dockerConfig"] = each(dockerConfig)
	handlers["encode"] = each(encode)
}

func failure(err error) []byte {
	if err == nil {
		return nil
	}
	return []byte(err.Error())
}

type textInput struct {
	Text []byte `json:"text"`
}

type durationResult struct {
	Error []byte `json:"error,omitempty"`
	NS    int64  `json:"ns"`
	Text  []byte `json:"text,omitempty"`
}

func duration(in textInput) durationResult {
	d, err := time.ParseDuration(string(in.Text))
	if err != nil {
		return durationResult{Error: failure(err)}
	}
	return durationResult{NS: int64(d), Text: []byte(d.String())}
}

type urlResult struct {
	Error []byte `json:"error,omitempty"`
	Host  []byte `json:"host"`
	Path  []byte `json:"path"`
}

func parseURL(in textInput) urlResult {
	u, err := url.Parse(string(in.Text))
	if err != nil {
		return urlResult{Error: failure(err)}
	}
	return urlResult{Host: []byte(u.Host), Path: []byte(u.Path)}
}

type matchInput struct {
	Pattern []byte `json:"pattern"`
	Target  []byte `json:"target"`
}

type matchResult struct {
	Error []byte `json:"error,omitempty"`
	Match bool   `json:"match"`
}

func glob(in matchInput) matchResult {
	ok, err := filepath.Match(string(in.Pattern), string(in.Target))
	return matchResult{failure(err), ok}
}

func match(in matchInput) matchResult {
	ok, err := credentialprovider.URLsMatchStr(string(in.Pattern), string(in.Target))
	return matchResult{failure(err), ok}
}

type imageResult struct {
	Error    []byte `json:"error,omitempty"`
	Repo     []byte `json:"repo"`
	Tag      []byte `json:"tag"`
	Digest   []byte `json:"digest"`
	Tagged   []byte `json:"tagged"`
	TagError []byte `json:"tagError,omitempty"`
}

func image(in textInput) imageResult {
	repo, tag, digest, err := parsers.ParseImageName(string(in.Text))
	tagged, tagErr := applyDefaultImageTag(string(in.Text))
	return imageResult{
		failure(err), []byte(repo), []byte(tag), []byte(digest), []byte(tagged), failure(tagErr),
	}
}

type keyringInput struct {
	// Adds are calls of Add, each with entries of key, username and password.
	Adds   [][][3][]byte `json:"adds"`
	Images [][]byte      `json:"images"`
}

type keyringResult struct {
	Keys  [][]byte       `json:"keys"`
	Found [][]credential `json:"found"`
}

func keyring(in keyringInput) keyringResult {
	ring := &credentialprovider.BasicDockerKeyring{}
	for _, entries := range in.Adds {
		config := credentialprovider.DockerConfig{}
		for _, e := range entries {
			config[string(e[0])] = credentialprovider.DockerConfigEntry{
				Username: string(e[1]), Password: string(e[2]),
			}
		}
		ring.Add(nil, config)
	}
	takeLogs()
	result := keyringResult{Keys: [][]byte{}, Found: [][]credential{}}
	index := reflect.ValueOf(ring).Elem().FieldByName("index")
	for i := range index.Len() {
		result.Keys = append(result.Keys, []byte(index.Index(i).String()))
	}
	for _, name := range in.Images {
		found, _ := ring.Lookup(string(name))
		result.Found = append(result.Found, credentialsOf(found))
	}
	return result
}

type accountKeyInput struct {
	Namespace   []byte `json:"namespace"`
	Name        []byte `json:"name"`
	UID         []byte `json:"uid"`
	Annotations pairs  `json:"annotations"`
	CacheType   string `json:"cacheType"`
	Token       []byte `json:"token"`
}

type cacheKeyInput struct {
	Base    []byte `json:"base"`
	Account []byte `json:"account"`
}

type flightKeyInput struct {
	Image       []byte `json:"image"`
	Token       []byte `json:"token"`
	Annotations pairs  `json:"annotations"`
}

type keyResult struct {
	Error []byte `json:"error,omitempty"`
	Key   []byte `json:"key"`
}

func keyed(key string, err error) keyResult { return keyResult{failure(err), []byte(key)} }

func flightKey(in flightKeyInput) keyResult {
	hash := getHashIfNotEmpty(string(in.Token))
	return keyed(generateSingleFlightKey(string(in.Image), hash, in.Annotations.asMap()))
}

type authHashInput struct {
	Username, Password, Auth, Email, ServerAddress, IdentityToken, RegistryToken []byte
}

func authHash(in authHashInput) keyResult {
	return keyed(hashAuthConfig(&credentialprovider.AuthConfig{
		Username:      string(in.Username),
		Password:      string(in.Password),
		Auth:          string(in.Auth),
		Email:         string(in.Email),
		ServerAddress: string(in.ServerAddress),
		IdentityToken: string(in.IdentityToken),
		RegistryToken: string(in.RegistryToken),
	}), nil)
}

type dockerConfigInput struct {
	Data []byte `json:"data"`
	// JSON says it is a .dockerconfigjson and not a .dockercfg.
	JSON bool `json:"json"`
}

type dockerConfigResult struct {
	Error   []byte      `json:"error,omitempty"`
	Entries [][3][]byte `json:"entries"`
}

func dockerConfig(in dockerConfigInput) dockerConfigResult {
	read := credentialprovider.ReadDockerConfigFileFromBytes
	if in.JSON {
		read = readDockerConfigJSONFileFromBytes
	}
	config, err := read(in.Data)
	result := dockerConfigResult{Error: failure(err), Entries: [][3][]byte{}}
	for key, entry := range config {
		result.Entries = append(result.Entries,
			[3][]byte{[]byte(key), []byte(entry.Username), []byte(entry.Password)})
	}
	return result
}

type encodeInput struct {
	API         string `json:"api"`
	Image       []byte `json:"image"`
	Token       []byte `json:"token"`
	Annotations pairs  `json:"annotations"`
}

func encode(in encodeInput) keyResult {
	data, err := encodeRequest(responders[in.API].exec, &credentialproviderapi.CredentialProviderRequest{
		Image:                     string(in.Image),
		ServiceAccountToken:       string(in.Token),
		ServiceAccountAnnotations: in.Annotations.asMap(),
	})
	return keyResult{failure(err), data}
}
