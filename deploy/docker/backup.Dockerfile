# The backend's image, and PostgreSQL's programs for taking backups: of its server's major version, whatever that is.
# `docker build -f deploy/docker/backup.Dockerfile --build-arg ENTREGA_IMAGE=… .`; MongoDB needs no programs for it.
# checkov:skip=CKV_DOCKER_7:it takes a base named by an argument for one without a version
ARG ENTREGA_IMAGE=entrega:local

FROM ${ENTREGA_IMAGE}
ARG POSTGRES_MAJOR=18
USER 0:0
# A Debian has one major version; the others are in PostgreSQL's own repository, whose key is in Debian's package.
# hadolint ignore=DL3008
RUN apt-get update \
    && if ! apt-cache show "postgresql-client-${POSTGRES_MAJOR}" >/dev/null 2>&1; then \
        apt-get install -y --no-install-recommends postgresql-common \
        && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y; fi \
    && apt-get install -y --no-install-recommends "postgresql-client-${POSTGRES_MAJOR}" \
    && rm -rf /var/lib/apt/lists/* \
    && "/usr/lib/postgresql/${POSTGRES_MAJOR}/bin/pg_receivewal" --version \
    # Volumes that are new take over whose they are.
    && install -d -o 10001 -g 10001 -m 700 /spool /vault
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python3", "-m", "runtime.probe", "localhost:9460/metrics"]
CMD ["backup", "follow", "--metrics-address", "0.0.0.0:9460"]
