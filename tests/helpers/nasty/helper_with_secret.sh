#!/bin/sh
# Hands a secret to helpers: in one's arguments, in another's environment.
(exec sleep "$1" "$2")
SECRET="$2" sleep "$1"
wait
