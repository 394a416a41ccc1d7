# Everything that CI does is a target here. Logic of more than five lines is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help run build install web web-dev up down logs test test-compose test-deploy test-web test-web-apart e2e chaos chaos-state bench bench-api bench-behaviours bench-console bench-http bench-neighbour bench-scale fuzz lint fmt generate verify tidy vuln

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)$$/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-15s %s\n", $$1, $$2 }'

run: build ## build mocloud and start everything on this machine (Ctrl-C stops it)
	@exec bin/mocloud up

build: ## build ./bin/mocloud, with the console if Node is installed
	@scripts/build

install: build ## install mocloud on the PATH: into PREFIX/bin (/usr/local), or Go's bin folder where that cannot be written
	@scripts/install

web: ## build the console into web/dist
	@scripts/build-console

web-dev: ## serve the console with hot reload, for a running `mocloud up`
	@scripts/build-console --install && cd web && exec npm run dev

up: ## build the images and start everything with Docker Compose: five services, Postgres, Redis, S3
	@deploy/scripts/up

down: ## stop what `make up` started; the data stays
	@docker compose --profile '*' down

logs: ## follow the logs of what `make up` started
	@docker compose logs --follow --tail=100

test: ## run every test, with the race detector, on throw-away Postgres, Redis and S3 servers
	@scripts/test

e2e: ## run the end-to-end tests alone, in both modes, and show what they measure
	@scripts/with-servers scripts/e2e

test-web: ## test the console alone, in Chromium against a whole mocloud
	@scripts/test-web

test-web-apart: ## test the console against the five services apart (5 minutes)
	@scripts/test-web-apart

chaos: ## break each part in turn while a thousand edits are made
	@scripts/with-servers scripts/chaos

chaos-state: ## kill mock servers and disturb Redis while requests count, and check that sessions are linearizable
	@scripts/with-servers scripts/chaos -run State

test-deploy: ## hold the Helm chart and the app specs to what the platforms take (downloads Kubernetes' types)
	@scripts/test-deploy

test-compose: ## build the images, and restart and kill each part of the Compose stack (needs Docker; 20 minutes)
	@deploy/scripts/test-compose

bench: ## run the Go benchmarks
	@scripts/with-servers scripts/each-module go test -run='^$$' -bench=. -benchmem ./...

bench-api: ## measure the API's lists, reads and edits with up to 100,000 mocks in the database (5 minutes)
	@scripts/bench-api

bench-behaviours: ## measure what conditions and state add to an answer (1 minute)
	@cd services/mockserver && go test ./internal/serve -run='^$$' -bench=Behaviours -benchmem

bench-console: ## measure the console in Chromium: sizes, first paint, long tasks, frames, latencies (3 minutes)
	@scripts/bench-console

bench-http: ## compare the mock server with a bare net/http handler, one JSON line a workload (5 minutes)
	@scripts/bench-http

bench-neighbour: ## measure one workspace's answers while another is busy (2 minutes)
	@scripts/bench-neighbour

bench-scale: ## measure publishing, starting and answering with up to a million endpoints (15 minutes on an idle machine)
	@scripts/bench-scale

fuzz: ## fuzz every decoder of foreign bytes for FUZZTIME (30s) each
	@scripts/fuzz $(FUZZTIME)

lint: ## golangci-lint, formatting, tidy modules, generated files up to date
	@scripts/lint

fmt: ## format the code
	@scripts/install-tools golangci-lint && scripts/each-module golangci-lint fmt ./...

generate: ## regenerate all generated files
	@scripts/generate

verify: lint test ## what CI demands

tidy: ## tidy every module and bring the workspace to one version of each dependency
	@scripts/each-module go mod tidy && go work sync

vuln: ## look for known vulnerabilities in reachable code (needs the network)
	@scripts/install-tools govulncheck && scripts/each-module govulncheck ./...
