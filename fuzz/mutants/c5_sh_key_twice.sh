#!/bin/sh
# Writes an entry for the image's registry, and one for its own.
#
# id: c5-sh-key-twice
# defect: D-C5, D-A4
# rule: K-091
# check: C06
# setup: node
set -u
request=$(tr -d '\n')
image=$(printf '%s' "$request" | sed -n 's/.*"image": *"\([^"]*\)".*/\1/p')
entry="{\"username\":\"$NODE_USERNAME\",\"password\":\"$NODE_PASSWORD\"}"
auth="\"registry.example\":$entry"
case $image in
    registry.example/* | registry.example:5000/*) auth="$auth,\"${image%%/*}\":$entry" ;;
    *) auth= ;;
esac
printf '%s' '{"kind":"CredentialProviderResponse",'
printf '%s' '"apiVersion":"credentialprovider.kubelet.k8s.io/v1",'
printf '%s\n' "\"cacheKeyType\":\"Image\",\"cacheDuration\":\"1h\",\"auth\":{$auth}}"
