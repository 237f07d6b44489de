"""Hearing what was said: recognisers, the pipeline of a recording, transcripts, and phrases found in them."""
