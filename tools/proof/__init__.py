"""Scripted calls that say what the service book must find in them: as telephone sound, and as words."""
