"""One pytest item per check: `pytest --pullproof-config … --pullproof-bin-dir …`."""
