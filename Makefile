# The same as `python3 dev.py …`, for hands that type make.
PYTHON ?= python3
ENTER = $(PYTHON) dev.py shell >/dev/null

.PHONY: demo test lint all slow zoo soak model oracle
demo test lint all:
	@$(PYTHON) dev.py $@

# Nightly (docs/nightly.md).
slow:
	@$(ENTER) && .venv/bin/python -m pip install -q -e '.[dev,fuzz]' && .venv/bin/pytest -q -n 2 -m slow
zoo:
	@$(ENTER) && .venv/bin/pullproof zoo --wrong --profile default
soak:
	@$(ENTER) && .venv/bin/pullproof zoo --correct --seeds 1000
model:
	@$(ENTER) && .venv/bin/pullproof explore --scope large
	@$(ENTER) && .venv/bin/python -m pullproof.explore.documents measure
	@$(ENTER) && .venv/bin/python -m pullproof.explore.documents mutants
	@$(ENTER) && .venv/bin/python -m pullproof.explore.documents invariants
	@$(ENTER) && .venv/bin/pytest -q tests/explore/test_documents.py
	@$(ENTER) && .venv/bin/python -m pullproof.explore.spin
oracle:
	@$(ENTER) && .venv/bin/python -m pullproof.oracle.nightly --build --pure 10000000 \
		--stateful 100000 --store nightly --record docs/fidelity.json
	@$(ENTER) && .venv/bin/python -m pullproof.oracle.fidelity
