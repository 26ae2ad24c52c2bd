"""How well stated confidence fits what turned out correct. Arrays of confidence in [0, 1] and correctness in {0, 1}."""
