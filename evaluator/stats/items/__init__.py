"""Probes judged by the answers to them."""
