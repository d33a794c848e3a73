"""Where a text stands in the database, to compare with what the register of fields says."""

from __future__ import annotations

from django.apps import apps
from django.db import models
from django.db.models.functions import Cast


def where_found(text: str) -> set[str]:
    """Return `label.field` of every stored field in which `text` stands, as characters or as the bytes of UTF-8."""
    found = set()
    for model in (model for model in apps.get_models(include_auto_created=True) if model._meta.managed):
        for field in model._meta.concrete_fields:
            rows = model._default_manager.all()
            if isinstance(field, models.BinaryField):
                values = rows.values_list(field.attname, flat=True)
                there = any(value is not None and text.encode() in bytes(value) for value in values.iterator())
            elif field.remote_field is not None:
                continue  # a key: its table is looked at
            else:
                as_text = rows.annotate(as_text=Cast(field.attname, models.TextField())).order_by()
                # JSON is stored with its characters, or escaped; both are looked for.
                escaped = text.encode("ascii", "backslashreplace").decode()
                there = as_text.filter(models.Q(as_text__contains=text) | models.Q(as_text__contains=escaped)).exists()
            if there:
                found.add(f"{model._meta.label}.{field.name}")
    return found
