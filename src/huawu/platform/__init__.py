"""Settings, database, live events, clock, logging."""
