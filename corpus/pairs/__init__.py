"""Preference pairs: seeds from tiers, answers of several models, judged in both orders, paired with their evidence.

One directory holds a round: `plan` draws the seeds, `generate` lets models answer, `judging` scores and compares,
`build` chooses pairs, `export` writes them for trainers.
"""
