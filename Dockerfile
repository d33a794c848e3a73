# syntax=docker/dockerfile:1
# One image for every role: web (the default command), worker, beat, and the management commands.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/venv
WORKDIR /app
# The locked requirements alone decide this layer, so a change of code installs nothing again.
COPY requirements/runtime.txt requirements/runtime.txt
RUN /opt/venv/bin/pip install --require-hashes --only-binary=:all: -r requirements/runtime.txt
COPY . .
# Production settings refuse to load with anything missing; these values end with this layer.
RUN PYTHONPATH=/app:/app/platform \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    SECRET_KEY=for-this-build-step-only-0123456789-0123456789-0123456789 \
    ALLOWED_HOSTS=build.invalid \
    PUBLIC_BASE_URL=https://build.invalid \
    DATABASE_URL=postgresql://build@build.invalid/build \
    REDIS_URL=redis://build.invalid \
    /opt/venv/bin/python manage.py collectstatic --noinput -v0 \
 && /opt/venv/bin/python -m compileall -q platform courses learners assessments


FROM python:3.11-slim-bookworm
# Simplified Chinese and rare kanji on certificates; the other scripts' fonts are in the repository. "" leaves it out.
ARG SYSTEM_FONTS=fonts-noto-cjk
RUN if [ -n "$SYSTEM_FONTS" ]; then \
      apt-get update && apt-get install -y --no-install-recommends $SYSTEM_FONTS && rm -rf /var/lib/apt/lists/*; \
    fi
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent skills
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app:/app/platform \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production
WORKDIR /app
# Root owns code and packages: the process that serves cannot rewrite what it runs.
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
USER 10001:10001
EXPOSE 8000
# The host must be an allowed one, so the probe asks by the public name.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "deploy/probe.py", "/livez"]
CMD ["granian", "--interface", "wsgi", "config.wsgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--no-ws", "--respawn-failed-workers", "--workers-kill-timeout", "20", \
     "--static-path-route", "/static", "--static-path-mount", "/app/staticfiles"]
