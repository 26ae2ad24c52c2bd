"""Measure how often language models make things up, and whether they say "I don't know"."""

__version__ = "0.1.0"
