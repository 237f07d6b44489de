"""The one file that describes a centre: checked, compared, imported, exported."""
