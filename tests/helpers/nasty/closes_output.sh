#!/bin/sh
# Closes stdout and stderr long before it ends.
exec >&- 2>&-
sleep 0.15
exit 4
