"""A run recomputed from its own files, part by part; nothing is asked and nothing is written."""
