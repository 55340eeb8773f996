#!/usr/bin/env python3
"""Makes directories in directories, deeper than any path can name."""

import os
import sys

for _ in range(int(sys.argv[1])):
    os.mkdir("deep")
    os.chdir("deep")
with open("bottom", "w") as file:
    file.write("bottom")
