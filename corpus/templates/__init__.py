"""Labelled NLP sets made into instructions by declared templates. See docs/templates.md."""
