"""Measurements, each beside a limit measured in the same run on the same machine; what counts is the ratio."""
