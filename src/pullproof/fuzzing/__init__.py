"""Fuzzing a provider: many execs, guided by what is new, judged like a check."""
