"""Django's PostgreSQL backend; only how a kept connection is found to be alive differs."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks the socket before it asks the server: every request begins with this question."""

    def is_usable(self) -> bool:
        """Whether the connection can be used.

        An idle connection says something only when the server has closed it or has news. Where nothing waits to be read
        it is as alive as `SELECT 1` could find it, without the round trip; else, and after an error, the server is asked.
        """
        if not self.errors_occurred and self.connection is not None and not self.connection.closed:
            poller = select.poll()
            poller.register(self.connection.fileno(), select.POLLIN | select.POLLPRI)
            if not poller.poll(0):
                return True
        return bool(super().is_usable())
