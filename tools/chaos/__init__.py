"""Kills the processes of a centre at random moments under load, and looks from outside at what is left."""
