"""The `corpus` command: arguments in, library calls, text out; no logic."""
