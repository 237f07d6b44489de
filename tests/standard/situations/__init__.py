"""Situations of the service book as pairs of whole calls: an innocent one, and its guilty twin."""
