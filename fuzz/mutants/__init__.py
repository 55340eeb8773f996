"""Wrong providers, each with one defect, and the right one they are made from."""
