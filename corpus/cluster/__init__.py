"""Clusters of vectors: spherical k-means, names from distinctive terms, pairs of neighbours, diverse selection.

Everything takes numpy arrays of float16 or float32 and gives the same result for every order of work that a caller may
choose. Vectors need not have length 1. See docs/embeddings.md.
"""
