"""Talking with a trained model: in the terminal, or on a page that only this machine can open."""
