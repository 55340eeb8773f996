#!/bin/sh
# Sends every word on stderr away, its reasons too.
#
# id: i2-sh-quiet
# defect: D-I2
# rule: K-084
# check: I02
# setup: node
exec 2>/dev/null
set -eu
request=$(tr -d '\n')
case $request in
    *'"CredentialProviderRequest"'*) ;;
    *) echo "provider: this is no CredentialProviderRequest" >&2; exit 1 ;;
esac
image=$(printf '%s' "$request" | sed -n 's/.*"image": *"\([^"]*\)".*/\1/p')
host=${image%%/*}
entry="\"$host\":{\"username\":\"$NODE_USERNAME\",\"password\":\"$NODE_PASSWORD\"}"
case ",$PROVIDER_REGISTRIES," in
    *",$host,"*) ;;
    *) entry= ;;
esac
printf '%s' '{"kind":"CredentialProviderResponse",'
printf '%s' '"apiVersion":"credentialprovider.kubelet.k8s.io/v1",'
printf '%s\n' "\"cacheKeyType\":\"Image\",\"cacheDuration\":\"1h\",\"auth\":{$entry}}"
