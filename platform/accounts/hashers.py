"""Argon2id with the OWASP Password Storage Cheat Sheet's parameters: 19 MiB, 2 passes, 1 lane."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idHasher(Argon2PasswordHasher):
    """Django's hasher at parameters that a small server survives under a run of sign-ins."""

    time_cost = 2
    memory_cost = 19_456  # KiB
    parallelism = 1
