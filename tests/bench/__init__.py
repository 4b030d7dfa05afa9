"""Speed as ratios within one run: `python -m tests.bench --help`. Nothing here is a test."""
