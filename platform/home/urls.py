"""Routes, relative to the root; config/urls.py collects them."""

from django.urls import URLPattern, path

from home.api import Home

urlpatterns: list[URLPattern] = [
    path("api/v1/home", Home.as_view(), name="home"),
]
