# The same as `python3 dev.py …`, for hands that type make.
PYTHON ?= python3

.PHONY: demo test lint all zoo soak
demo test lint all:
	@$(PYTHON) dev.py $@

# Nightly: every wrong provider with the full default profile, then the correct
# ones over 1,000 seeds (docs/nightly.md).
zoo:
	@$(PYTHON) dev.py shell >/dev/null && .venv/bin/pullproof zoo --wrong --profile default
soak:
	@$(PYTHON) dev.py shell >/dev/null && .venv/bin/pullproof zoo --correct --seeds 1000
