"""The graph of near-duplicates: pairs from band buckets, components of pairs, and who stays.

candidates   pairs of records that share a band, in memory
components   connected components, in memory
frames       both of these on Spark frames, where the rows do not fit
resolve      the keep order, and which record is removed in favour of which
"""
