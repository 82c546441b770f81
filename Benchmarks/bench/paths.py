"""Where things are: the repository, and the one folder that everything built or measured goes into."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "Benchmarks"
PEERS = BENCHMARKS / "peers"
SCRATCH = ROOT / ".build-bench"
BIN = SCRATCH / "bin"
VENV_PYTHON = SCRATCH / "venv" / "bin" / "python"
HUMMINGBIRD = SCRATCH / "hummingbird" / "release" / "hummingbird-gateway"
LOGS = SCRATCH / "logs"
RESULTS = SCRATCH / "results"
LETTERBOX = ROOT / ".build" / "release" / "letterbox"
