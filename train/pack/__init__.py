"""Tiers to packed rows of tokens, on the CPU, before any GPU is taken.

`tiers` finds the files, `encode` makes token ids and says which of them are learnt, `fit` lays sequences into rows,
`write` puts rows into files, and `make` does it all and commits by the manifest.
"""
