"""Open tags, as a judge gives them to rows: made into a vocabulary, measured, and used to choose rows."""
