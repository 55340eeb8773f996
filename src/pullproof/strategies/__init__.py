"""Hypothesis strategies over the model: valid values, then named deviations."""
