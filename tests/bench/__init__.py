"""The benchmark: `python -m tests.bench --help`. No test by itself; `tests/test_bench.py` runs a small one."""
