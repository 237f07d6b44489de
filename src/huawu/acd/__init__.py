"""Automatic call distribution: queues, agents, skills, offers."""
