"""What a run learns from its own texts and then says of each of them: a language model, vectors, clusters.

    sample      the texts that are learned from: chosen by id alone, so the same however the input was cut
    apply       a learned model applied to every text that stands, part by part
    vectors     clusters: centroids from a sample of vectors, the nearest one for each record
    alike       pairs of vectors in one cluster that are near enough, as edges for the resolution of duplicates
    joined      columns of a file of the user's own
    combine     quality from its parts

A learned model is a table in the stage that fitted it; what it says of records is a sparse table by row beside the
part, as all decisions are. `corpus.flow.learned` wires these into a run.
"""
