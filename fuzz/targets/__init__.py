"""Coverage-guided targets: one invariant a file, each a function of bytes.

`check(data)` holds the invariant against one input and raises `AssertionError`
where it does not. Run as a program, a target is an Atheris fuzzer; imported, it
needs no Atheris. `support.listing` finds the targets, their seeds and their
dictionaries.
"""
