"""How a lane behaves towards its API: state machines without a clock of their own; every time is an argument."""
