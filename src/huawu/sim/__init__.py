"""Simulated callers and agents, and a whole day in virtual time."""
