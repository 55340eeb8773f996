"""The protocol itself as a `Machine`: actors, events, invariants, mutants."""
