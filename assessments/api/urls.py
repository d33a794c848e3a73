"""Routes, relative to the root; config/urls.py collects them."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
