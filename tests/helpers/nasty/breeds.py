#!/usr/bin/env python3
"""Goes on forking: each process is replaced by a new one every few milliseconds."""

import os
import time

null = os.open("/dev/null", os.O_RDWR)
if os.fork() == 0:
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    while True:
        if os.fork() == 0:
            os.setsid()
            time.sleep(0.005)
        else:
            os._exit(0)
