# One image for every process of a fleet: api, speech, audio, migrate and speak-server differ by
# their command only (docker-compose.yml). ffmpeg and the offline voice come from wheels.

FROM python:3.12-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/narrator
WORKDIR /src
COPY deploy/requirements.lock deploy/
RUN /opt/narrator/bin/pip install -r deploy/requirements.lock
COPY . .
RUN /opt/narrator/bin/pip install --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/narrator narrator
COPY --from=build /opt/narrator /opt/narrator
ENV PATH=/opt/narrator/bin:$PATH PYTHONUNBUFFERED=1 NARRATOR_HOME=/var/lib/narrator
USER narrator
WORKDIR /var/lib/narrator
EXPOSE 8080
CMD ["narrator", "api"]
