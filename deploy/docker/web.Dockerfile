# The pages on a web server: `docker build -f deploy/docker/web.Dockerfile .`. In a release the bases are named by digest.
# checkov:skip=CKV_DOCKER_7:it takes a base named by an argument for one without a version
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim
ARG CADDY_IMAGE=docker.io/library/caddy:2.11.7-alpine

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --loglevel=error --no-audit --no-fund
COPY web ./
RUN npm run --silent build

FROM ${CADDY_IMAGE} AS server
# A copy without the right to open low ports, which a container that may gain no privileges could not even start.
RUN cp /usr/bin/caddy /tmp/caddy

FROM ${CADDY_IMAGE}
ARG VERSION=0
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="entrega-web" \
      org.opencontainers.image.description="Real-time delivery management: the pages" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
COPY --from=server /tmp/caddy /usr/bin/caddy
COPY deploy/docker/web.Caddyfile /etc/caddy/Caddyfile
COPY --from=build /src/dist /srv
ENV XDG_CONFIG_HOME=/tmp XDG_DATA_HOME=/tmp
USER 10001:10001
WORKDIR /tmp
EXPOSE 8443
HEALTHCHECK --interval=30s --timeout=5s CMD ["wget", "--quiet", "--spider", "--no-check-certificate", "https://localhost:8443/"]
ENTRYPOINT ["caddy"]
CMD ["run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
