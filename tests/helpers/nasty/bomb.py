#!/usr/bin/env python3
"""A mild fork bomb: 2**depth processes, each with a session of its own."""

import os
import sys

depth = int(sys.argv[2])
first = os.getpid()
for _ in range(depth):
    if os.fork() == 0:
        os.setsid()
if os.getpid() != first:
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.execv("/bin/sleep", ["sleep", sys.argv[1]])
