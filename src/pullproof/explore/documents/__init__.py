"""Pages on the formal model, made from what was measured.

    python -m pullproof.explore.documents measure        (minutes; writes docs/mutants.json)
    python -m pullproof.explore.documents track-record   (seconds; docs/track-record.json and .md)
    python -m pullproof.explore.documents findings       (a minute; docs/findings.json and .md)
    python -m pullproof.explore.documents compare        (a minute; docs/compare.json and .md, README)
    python -m pullproof.explore.documents invariants
    python -m pullproof.explore.documents mutants        (each with --check)

A page is a function of the code and of its JSON, so that a test can tell
whether it is stale without exploring anything.
"""
