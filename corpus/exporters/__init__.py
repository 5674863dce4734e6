"""Canonical records as the files that trainers read: `rows` says one record, `files` writes many."""
