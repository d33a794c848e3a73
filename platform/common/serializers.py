"""The base of every input: what is not known, or not of the documented JSON type, is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

# Where DRF would convert. A number is left to the field, which refuses true and fractions itself.
_JSON_TYPES: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], tuple[type, ...]], ...] = (
    (serializers.BooleanField, (bool,)),
    (serializers.IntegerField, (int, float)),
    (serializers.FloatField, (int, float)),
    (serializers.UUIDField, (str,)),
    (serializers.CharField, (str,)),
)


# In place of DRF's words, which name Python's types.
AN_OBJECT = _("An object with named members is expected here.")
A_LIST = _("A list is expected here.")
A_TEXT = _("A text is expected here.")
_PLAIN = {"not_a_list": A_LIST, "not_a_dict": AN_OBJECT}


class _Expected:
    """Of which JSON type a field's value must be: found out once per field rather than for each value."""

    def __init__(self, field: Any) -> None:
        self._field = field
        field.error_messages |= {code: words for code, words in _PLAIN.items() if code in field.error_messages}
        self._types = next((types for kind, types in _JSON_TYPES if isinstance(field, kind)), None)
        if isinstance(field, serializers.ChoiceField) and all(isinstance(choice, str) for choice in field.choices):
            self._types = None if isinstance(field, serializers.MultipleChoiceField) else (str,)
        self._refuses_true = isinstance(field, serializers.FloatField)
        self._entries = _Expected(field.child) if isinstance(field, serializers.ListField) else None
        self.is_anything: bool = self._types is None and (self._entries is None or self._entries.is_anything)

    def issue(self, value: Any) -> Any:
        """Return the error's detail when a value is not of the type that the field is documented with, else None."""
        if value is None:
            return None
        if self._entries is not None:
            if not isinstance(value, list):
                return None
            issues = {index: self._entries.issue(entry) for index, entry in enumerate(value)}
            return {index: detail for index, detail in issues.items() if detail} or None
        if self._types is None or (
            isinstance(value, self._types) and not (self._refuses_true and isinstance(value, bool))
        ):
            return None
        return [serializers.ErrorDetail(str(self._field.error_messages.get("invalid", A_TEXT)), "invalid")]


class _Shape:
    """The fields of a class of inputs and what follows from them."""

    def __init__(self, serializer: serializers.Serializer[Any]) -> None:
        self.fields = serializers.Serializer.fields.func(serializer)  # type: ignore[attr-defined]
        self.names = frozenset(self.fields)
        # DRF looks through all fields for them several times per object, and so for each object of a list.
        self.writable = [field for field in self.fields.values() if not field.read_only]
        expected = [(name, _Expected(field)) for name, field in self.fields.items()]
        self.expected = [(name, types) for name, types in expected if not types.is_anything]


class StrictSerializer(serializers.Serializer[Any]):
    """An input serializer that refuses unknown fields, so that a misspelt one is never silently lost, and guesses nothing:
    "off" is no boolean, "1" no number, 5 no text and no UUID.
    """

    default_error_messages: ClassVar = {"invalid": AN_OBJECT}
    # The fields are made once per class and shared by all calls, where DRF copies them for each: so they know no call, and
    # `parent`, `context` and `partial` mean nothing in them.
    _of_class: ClassVar[dict[type, _Shape]] = {}

    @property
    def _shape(self) -> _Shape:
        shape = self._of_class.get(type(self))
        if shape is None:
            # Of an instance without data: what this one was given belongs to its call.
            shape = self._of_class[type(self)] = _Shape(type(self)())
        return shape

    @property
    def fields(self) -> Any:
        return self._shape.fields

    @property
    def _writable_fields(self) -> list[Any]:
        return self._shape.writable

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = data.keys() - self._shape.names
            if unknown:
                raise serializers.ValidationError(
                    {
                        name: [serializers.ErrorDetail(str(_("This field is not known.")), "unknown_field")]
                        for name in sorted(unknown)
                    }
                )
            wrong = {
                name: detail
                for name, types in self._shape.expected
                if name in data and (detail := types.issue(data[name])) is not None
            }
            if wrong:
                raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)

    def run_validators(self, value: Any) -> None:
        # DRF first collects the defaults of read-only fields for them.
        if self.validators:
            super().run_validators(value)
