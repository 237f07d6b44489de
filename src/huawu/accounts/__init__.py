"""People, roles, sessions, API tokens."""
