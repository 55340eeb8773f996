#!/bin/sh
# Prints nothing for images it does not know, and calls that a success.
#
# id: c2-sh-exit-zero
# defect: D-C2
# rule: K-090
# check: C01
# setup: node
set -u
request=$(tr -d '\n')
image=$(printf '%s' "$request" | sed -n 's/.*"image": *"\([^"]*\)".*/\1/p')
host=${image%%/*}
case ",$PROVIDER_REGISTRIES," in
    *",$host,"*) ;;
    *) exit 0 ;;
esac
printf '%s' '{"kind":"CredentialProviderResponse",'
printf '%s' '"apiVersion":"credentialprovider.kubelet.k8s.io/v1",'
printf '%s' '"cacheKeyType":"Image","cacheDuration":"1h","auth":{'
printf '%s\n' "\"$host\":{\"username\":\"$NODE_USERNAME\",\"password\":\"$NODE_PASSWORD\"}}}"
