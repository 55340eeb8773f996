"""What is new about a run, as numbers: coverage where the binary has it."""
