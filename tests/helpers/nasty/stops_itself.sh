#!/bin/sh
# Stops itself with a child at its side.
sleep "$1" &
kill -STOP $$
