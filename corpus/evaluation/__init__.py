"""Whether a model became better: a judge's scores and comparisons on a test set, by category, with intervals.

`testset` and `answers` read files, `pointwise` and `pairwise` ask the judge, `summary`, `winrate`, `bootstrap` and
`raters` count, `labelled` measures answers against labels, `page` shows all of it, `corrections` takes a person's word.
"""
