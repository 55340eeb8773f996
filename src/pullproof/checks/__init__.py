"""The catalogue of checks: pure judges over transcripts."""
