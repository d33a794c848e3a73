"""Mastery as a pure function of the evidence."""

from __future__ import annotations

PROVISIONAL_BELOW = 5
