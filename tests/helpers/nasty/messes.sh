#!/bin/sh
# Leaves what is hard to look at and hard to remove.
printf secret > "$HOME/plain"
chmod 0644 "$HOME/plain"
mkfifo "$TMPDIR/fifo"
ln -s /etc/passwd "$TMPDIR/link"
ln -s / "$TMPDIR/root"
printf hidden > "$TMPDIR/unreadable"
chmod 0 "$TMPDIR/unreadable"
mkdir -p "$HOME/locked/inner/deeper" closed
printf inside > "$HOME/locked/inner/file"
chmod 0 "$HOME/locked/inner/deeper" "$HOME/locked/inner" "$HOME/locked" closed
printf x > "-rf with
newline"
