"""The parts of `make bench`: a centre to measure, SIPp as its callers and agents, and what is read off."""
