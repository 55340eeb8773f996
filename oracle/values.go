package oracle

import "k8s.io/kubernetes/pkg/credentialprovider"

// Texts travel as base64: Go strings need not be UTF-8.

type pairs [][2][]byte

func (p pairs) asMap() map[string]string {
	if p == nil {
		return nil
	}
	m := make(map[string]string, len(p))
	for _, pair := range p {
		m[string(pair[0])] = string(pair[1])
	}
	return m
}

// account has the fields of SecretCoordinates and ServiceAccountCoordinates.
type account struct {
	UID       string
	Namespace string
	Name      string
}

type source struct {
	Secret         *account `json:"secret,omitempty"`
	ServiceAccount *account `json:"serviceAccount,omitempty"`
}

type credential struct {
	Username []byte  `json:"username"`
	Password []byte  `json:"password"`
	Hash     string  `json:"hash,omitempty"`
	Source   *source `json:"source,omitempty"`
}

func credentialsOf(tracked []credentialprovider.TrackedAuthConfig) []credential {
	list := make([]credential, len(tracked))
	for i, one := range tracked {
		list[i] = credential{
			Username: []byte(one.Username),
			Password: []byte(one.Password),
			Hash:     one.AuthConfigHash,
			Source:   sourceOf(one.Source),
		}
	}
	return list
}
