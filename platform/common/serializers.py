"""The base of every input: what is not known, or not of the documented JSON type, is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

# Where DRF would convert. A number is left to the field, which refuses true and fractions itself.
_JSON_TYPES: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], type | tuple[type, ...]], ...] = (
    (serializers.BooleanField, bool),
    (serializers.IntegerField, (int, float)),
    (serializers.FloatField, (int, float)),
    (serializers.UUIDField, str),
    (serializers.CharField, str),
)


def _wrong_type(field: Any, value: Any) -> Any:
    """Return the error's detail when `value` is not of the JSON type `field` is documented with, else None."""
    if value is None:
        return None
    if isinstance(field, serializers.ListField):
        if not isinstance(value, list):
            return None
        places = {index: _wrong_type(field.child, entry) for index, entry in enumerate(value)}
        return {index: detail for index, detail in places.items() if detail} or None
    for kind, types in _JSON_TYPES:
        if isinstance(field, kind):
            is_number_for_true = isinstance(field, serializers.FloatField) and isinstance(value, bool)
            return (
                None
                if isinstance(value, types) and not is_number_for_true
                else [serializers.ErrorDetail(str(field.error_messages["invalid"]), "invalid")]
            )
    return None


class StrictSerializer(serializers.Serializer[Any]):
    """An input serializer that refuses unknown fields, so that a misspelt one is never silently lost, and guesses nothing:
    "off" is no boolean, "1" no number, 5 no text and no UUID.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError(
                    {
                        name: [serializers.ErrorDetail(str(_("This field is not known.")), "unknown_field")]
                        for name in unknown
                    }
                )
            wrong = {name: _wrong_type(field, data[name]) for name, field in self.fields.items() if name in data}
            wrong = {name: detail for name, detail in wrong.items() if detail}
            if wrong:
                raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)
