"""Plan a run, ask what is open, grade what came back."""
