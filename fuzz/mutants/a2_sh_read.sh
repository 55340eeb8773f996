#!/bin/sh
# Reads its request with `read`, which fails at an end without a newline.
#
# id: a2-sh-read
# defect: D-A2, D-A1
# rule: K-075
# check: A02
# setup: node
set -eu
read -r request
case $request in
    *'"CredentialProviderRequest"'*) ;;
    *) echo "provider: this is no CredentialProviderRequest" >&2; exit 1 ;;
esac
entry="{\"username\":\"$NODE_USERNAME\",\"password\":\"$NODE_PASSWORD\"}"
printf '%s' '{"kind":"CredentialProviderResponse",'
printf '%s' '"apiVersion":"credentialprovider.kubelet.k8s.io/v1",'
printf '%s' '"cacheKeyType":"Global","cacheDuration":"1h","auth":{'
printf '%s\n' "\"registry.example\":$entry,\"registry.example:5000\":$entry}}"
