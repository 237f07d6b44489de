"""Call flows as data, and their interpreter."""
