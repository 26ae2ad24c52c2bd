"""Two models or more on the same probes: differences, tests, rankings, planning, and looking again."""
