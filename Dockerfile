# Image of the web server and the worker. Build: docker build -t latchkey .
# Base images are pinned by version; pin them by digest where your registry is reached.
ARG PYTHON_VERSION=3.13.9-slim-bookworm

FROM python:${PYTHON_VERSION} AS build
# same version as in the Makefile
ARG UV_VERSION=0.13.9
RUN pip install --no-cache-dir --disable-pip-version-check uv==${UV_VERSION}
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups --all-extras
COPY . .
# required by the settings; collectstatic neither uses nor stores them
RUN DEBUG=off SECRET_KEY="$(head -c 32 /dev/urandom | base64)" ENCRYPTION_KEYS="$(head -c 32 /dev/urandom | base64)" \
    PUBLIC_URL=https://build.invalid ALLOWED_HOSTS=build.invalid DATABASE_URL=postgres://build.invalid/none \
    .venv/bin/python manage.py collectstatic --noinput

FROM python:${PYTHON_VERSION}
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin latchkey
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DEBUG=off
USER latchkey
EXPOSE 8000
# the worker uses the same image with: python manage.py procrastinate worker
CMD ["python", "-m", "config.server", "--host", "0.0.0.0"]
