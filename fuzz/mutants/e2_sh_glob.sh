#!/bin/sh
# Looks for its registry anywhere in the image.
#
# id: e2-sh-glob
# defect: D-E2, D-D8
# rule: S-09
# check: E02
# setup: node
set -u
request=$(tr -d '\n')
image=$(printf '%s' "$request" | sed -n 's/.*"image": *"\([^"]*\)".*/\1/p')
entry="{\"username\":\"$NODE_USERNAME\",\"password\":\"$NODE_PASSWORD\"}"
case $image in
    *registry.example*) auth="\"${image%%/*}\":$entry" ;;
    *) auth= ;;
esac
printf '%s' '{"kind":"CredentialProviderResponse",'
printf '%s' '"apiVersion":"credentialprovider.kubelet.k8s.io/v1",'
printf '%s\n' "\"cacheKeyType\":\"Image\",\"cacheDuration\":\"1h\",\"auth\":{$auth}}"
