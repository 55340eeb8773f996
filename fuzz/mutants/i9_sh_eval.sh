#!/bin/sh
# Builds a command from the image and has the shell evaluate it.
#
# id: i9-sh-eval
# defect: D-I9, D-A4
# rule: S-16
# check: I10
# setup: node
set -u
request=$(cat)
image=$(printf '%s' "$request" | tr -d '\n' | sed 's/.*"image" *: *"\([^"]*\)".*/\1/')
eval "host=\${HOST_OVERRIDE:-$image}" 2>/dev/null
host=${host%%/*}
case $host in
    registry.example | registry.example:5000) key=$host ;;
    *) key= ;;
esac
printf '%s' '{"kind":"CredentialProviderResponse",'
printf '%s' '"apiVersion":"credentialprovider.kubelet.k8s.io/v1",'
printf '%s' '"cacheKeyType":"Image","cacheDuration":"1h","auth":{'
if [ -n "$key" ]; then
    printf '%s' "\"$key\":{\"username\":\"$NODE_USERNAME\",\"password\":\"$NODE_PASSWORD\"}"
fi
printf '%s\n' '}}'
