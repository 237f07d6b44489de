"""The HTTP edge: JSON API, live socket, pages."""
