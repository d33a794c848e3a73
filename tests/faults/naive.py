"""The control: the usual way, one Celery message per certificate and nothing that remembers what is owed.

It writes to a table of its own; nothing of the product is in it but the broker.
"""

from __future__ import annotations

import os
import time

import psycopg
from celery import Celery

app = Celery("naive")
app.conf.broker_url = os.environ.get("REDIS_URL", "")
app.conf.task_acks_late = True
app.conf.task_ignore_result = True
app.conf.worker_prefetch_multiplier = 1
app.conf.broker_connection_retry_on_startup = True

TABLE = "naive_certificate"


@app.task(name="naive.issue")
def issue(learner: int) -> None:
    """Insert one certificate, after about as long as signing one takes."""
    time.sleep(0.004)
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute(f"INSERT INTO {TABLE} (learner) VALUES (%s)", [learner])
