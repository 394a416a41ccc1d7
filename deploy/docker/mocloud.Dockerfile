# The mocloud binary: docker build --file deploy/docker/mocloud.Dockerfile --tag mocloud .
#   docker run --publish 127.0.0.1:3000:3000 --publish 127.0.0.1:8000:8000 --volume mocloud:/data mocloud
ARG CONSOLE=none

FROM node:22-bookworm-slim AS console-web
WORKDIR /src
COPY scripts scripts
COPY services/api/client/typescript services/api/client/typescript
COPY web web
RUN --mount=type=cache,target=/root/.npm scripts/build-console

FROM scratch AS console-none
WORKDIR /src/web/dist

FROM console-${CONSOLE} AS console

FROM golang:1.26-bookworm AS build
ARG CONSOLE
ARG VERSION=dev
ARG GOPROXY
ENV CGO_ENABLED=0 GOWORK=off GOFLAGS=-buildvcs=false
WORKDIR /src
COPY . .
COPY --from=console /src/web/dist web/dist
WORKDIR /src/cmd
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -tags "$([ "$CONSOLE" = web ] && echo console)" \
      -ldflags "-s -w -X github.com/mocloud/mocloud/cmd/internal/version.number=$VERSION" -o /out/mocloud ./mocloud \
    && mkdir /out/data

FROM gcr.io/distroless/static-debian12:nonroot
ARG VERSION=dev
LABEL org.opencontainers.image.title="mocloud" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/mocloud /mocloud
COPY --from=build --chown=nonroot:nonroot /out/data /data
USER nonroot
VOLUME /data
EXPOSE 3000 8000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s CMD ["/mocloud", "healthcheck"]
ENTRYPOINT ["/mocloud"]
CMD ["up", "--data", "/data", "--api", ":3000", "--mocks", ":8000"]
