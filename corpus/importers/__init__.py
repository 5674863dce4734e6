"""Other people's instruction and preference files, as conversations and preferences of ours.

`detect.detect` says which format rows are in, `convert.convert` makes a record of one row, `convert.convert_batch`
Arrow columns of many, `convert.restore` the source's row of a record. What a record cannot say goes to `meta` under
its own keys, so a row comes back as it was. docs/import.md has the table of formats and what is refused.
"""
