#!/bin/sh
# Ignores every polite signal and never ends.
trap '' TERM INT HUP QUIT PIPE
while :; do sleep "$1"; done
