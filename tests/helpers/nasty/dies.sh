#!/bin/sh
# Ends by the given signal.
echo partial
kill "-$1" $$
