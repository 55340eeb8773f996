"""Prove that an image credential provider keeps the kubelet's rules.

This module imports no room on purpose: a fuzz target must be able to
instrument the rooms before they are loaded (style/examples.md, 6.5).
"""

__version__ = "0.1.0"
