"""Instruction data made by a model: new tasks, harder ones, further turns, questions about documents.

`work.generate` asks (through `corpus.judge`, so nothing is paid for twice), `checks` and `novelty` decide what is kept,
`seeds` is what it starts from. See docs/synth.md.
"""
