"""Targets and mutants: the wrong subjects that prove the checks can fail."""
