"""Huawu 话务: a contact centre that runs by the book."""

__version__ = "0.1.0"
