"""Verdicts to text, JSON and JUnit; nothing here decides anything."""
