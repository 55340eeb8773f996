#!/bin/sh
# Shows what it was given: arguments, directory, ignored signals, descriptors.
printf 'args=%s\n' "$*"
printf 'cwd=%s\n' "$(pwd -P)"
printf 'A=%s\n' "$A"
# Without a helper: while one starts, this shell blocks signals itself.
while read -r line; do
  case $line in SigIgn* | SigBlk*) printf '%s\n' "$line" ;; esac
done </proc/$$/status
for fd in /proc/$$/fd/*; do printf 'fd=%s\n' "${fd##*/}"; done
if (: </dev/tty) 2>/dev/null; then echo tty=yes; else echo tty=no; fi
printf 'core=%s\n' "$(ulimit -c)"
printf 'stdin='
cat
