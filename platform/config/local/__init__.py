"""PostgreSQL, Redis and the platform's own processes on one machine, without Docker and without a service to install.

Used by `make demo`, `make run` and the tests; never by production, whose settings refuse an embedded database.
Nothing in this package imports Django: it runs before the settings can be read.
"""
