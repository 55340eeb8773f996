#!/bin/sh
# Closes stdin, and takes a moment.
exec 0<&-
sleep 0.05
echo done
