"""Vocabularies: grown by the Chinese that a tier is made of, or pruned to what a corpus uses, with the model's rows.

`bpe` is a tokenizer file as its parts, `grow` appends pieces to it, `prune` takes away what a corpus never uses,
`rows` fits the model's embeddings to either, and `texts` reads tiers and says how well they are compressed.
"""
