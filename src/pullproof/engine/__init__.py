"""Plan, run, prove again, shrink: the loop between checks and adapters."""
