"""Class F: caching. The checks are in two modules by subject."""

from pullproof.checks import f_answers, f_lifetimes
from pullproof.checks.check import Check

CHECKS: tuple[Check, ...] = (*f_lifetimes.CHECKS, *f_answers.CHECKS)
