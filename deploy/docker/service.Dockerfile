# One image for each service: docker build --file deploy/docker/service.Dockerfile --build-arg SERVICE=api .
# The api's image holds the console too; CONSOLE=none leaves it out (the api then serves its plain page).
ARG SERVICE
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
ARG SERVICE
ARG CONSOLE
ARG VERSION=dev
ARG GOPROXY
ENV CGO_ENABLED=0 GOWORK=off GOFLAGS=-buildvcs=false
WORKDIR /src
COPY . .
COPY --from=console /src/web/dist web/dist
WORKDIR /src/services/${SERVICE}
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -tags "$([ "$CONSOLE" = web ] && echo console)" \
      -ldflags "-s -w -X github.com/mocloud/mocloud/pkg/process.version=$VERSION" -o /out/service ./cmd/${SERVICE}

FROM gcr.io/distroless/static-debian12:nonroot
ARG SERVICE
ARG VERSION=dev
LABEL org.opencontainers.image.title="mocloud ${SERVICE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/service /service
USER nonroot
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s CMD ["/service", "healthcheck"]
ENTRYPOINT ["/service"]
