"""Tests of the runner: `python3 -m unittest discover -s tests -t .` in `interop/`."""
