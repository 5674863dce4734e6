"""Training on the tiers: reads Parquet and manifests with pyarrow, never imports Spark."""
