"""Preferences: DPO, reward models, and learning from rewards, by TRL's trainers on the tiers as they were published.

`pairs` reads a tier, `reference` keeps what the reference model says of it, and `dpo`, `reward` and `rloo` are as thin
as TRL lets them be.
"""
