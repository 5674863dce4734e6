"""MinHash of Data-Juicer on JSON lines, run by the Python of its own environment.

    python run_data_juicer.py IN OUT PROCESSES

Its recommendation for Chinese is shingles of five characters; 256 permutations and bands for a similarity of 0.7 are
its defaults. No tracer, cache, monitor or checkpoint costs anything beside. Release 1.6.1 ships without the module
behind its `dj-process`, so what that does is done here.
"""

import json
import sys
from pathlib import Path

from data_juicer.config import init_configs
from data_juicer.core.executor import DefaultExecutor


def main():
    given, out, processes = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    operator = {"tokenization": "character", "window_size": 5, "num_permutations": 256, "jaccard_threshold": 0.7}
    config = {
        "project_name": "bench",
        "dataset_path": str(given),
        "export_path": str(out / "kept" / "kept.jsonl"),
        "text_keys": "text",
        "np": processes,
        "use_cache": False,
        "open_tracer": False,
        "open_monitor": False,
        "process": [{"document_minhash_deduplicator": operator}],
    }
    path = out / "config.yaml"
    path.write_text(json.dumps(config), encoding="utf-8")
    DefaultExecutor(init_configs(["--config", str(path)])).run()


if __name__ == "__main__":
    main()
