"""The one place that talks to a paid model: questions in, answers out, each paid for once.

`client.Judge.ask` is the door: prompts are files (`prompts`), answers have a schema (`schema`), what was paid is in an
append-only file (`ledger`) and never more than the budget (`budget`).
"""
