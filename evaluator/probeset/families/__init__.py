"""Families: seeded generators of probes whose truth is computed or comes from a table."""
