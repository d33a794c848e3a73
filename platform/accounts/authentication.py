"""Learners' access tokens on the API."""

from allauth.headless.contrib.rest_framework.authentication import JWTTokenAuthentication


class LearnerTokenAuthentication(JWTTokenAuthentication):
    """allauth's access token, as `Authorization: Bearer …`."""
