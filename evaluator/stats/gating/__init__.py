"""The numbers a gate decides on: margins against a baseline, limits, and evidence over many runs."""
