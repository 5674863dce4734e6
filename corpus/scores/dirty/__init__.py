"""Clean texts made dirty: defects of many kinds, each seeded and with an amount, for training and measuring."""
