-- What mock servers report: requests, counts, webhooks; and what a mock wants of that.

-- +goose Up
CREATE TABLE recordings (
    mock_id       TEXT PRIMARY KEY REFERENCES mocks (id) ON DELETE CASCADE,
    version       BIGINT NOT NULL, -- grows with every change
    mode          TEXT NOT NULL,
    redact        TEXT NOT NULL, -- JSON
    keep_requests BIGINT NOT NULL,
    keep_hours    BIGINT NOT NULL
);

-- Reports that are stored: one that comes again changes nothing.
CREATE TABLE reports (
    instance TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    time     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (instance, sequence)
);
CREATE INDEX reports_by_time ON reports (time);

CREATE TABLE requests (
    id             TEXT PRIMARY KEY, -- UUIDv7 of the mock server
    mock_id        TEXT NOT NULL REFERENCES mocks (id) ON DELETE CASCADE,
    time           TIMESTAMPTZ NOT NULL,
    duration       BIGINT NOT NULL, -- microseconds
    mode           TEXT NOT NULL,
    method         TEXT NOT NULL,
    host           TEXT NOT NULL,
    path           TEXT NOT NULL,
    query          TEXT NOT NULL,
    endpoint       TEXT NOT NULL,
    status         BIGINT NOT NULL,
    request_head   TEXT NOT NULL,
    request_body   TEXT NOT NULL,
    request_base64 BOOLEAN NOT NULL,
    request_size   BIGINT NOT NULL,
    answer_head    TEXT NOT NULL,
    answer_body    TEXT NOT NULL,
    answer_base64  BOOLEAN NOT NULL,
    answer_size    BIGINT NOT NULL
);
CREATE INDEX requests_by_mock ON requests (mock_id, id);

-- Totals of one instance of an hour. The subject is a mock, or a workspace for all of its mocks together, whatever became
-- of them since.
CREATE TABLE request_counts (
    subject      TEXT NOT NULL,
    hour         TIMESTAMPTZ NOT NULL,
    instance     TEXT NOT NULL,
    sequence     BIGINT NOT NULL, -- of the report; a later one has larger numbers
    informative  BIGINT NOT NULL,
    success      BIGINT NOT NULL,
    redirection  BIGINT NOT NULL,
    client_error BIGINT NOT NULL,
    server_error BIGINT NOT NULL,
    other        BIGINT NOT NULL,
    not_kept     BIGINT NOT NULL,
    latency      TEXT NOT NULL, -- JSON: how many requests took at most so many microseconds, and more than the ones before
    PRIMARY KEY (subject, hour, instance)
);
CREATE INDEX request_counts_by_hour ON request_counts (hour);

CREATE TABLE webhook_deliveries (
    id       TEXT PRIMARY KEY, -- UUIDv7 of the mock server
    mock_id  TEXT NOT NULL REFERENCES mocks (id) ON DELETE CASCADE,
    version  BIGINT NOT NULL, -- grows with every change
    endpoint TEXT NOT NULL,
    method   TEXT NOT NULL,
    url      TEXT NOT NULL,
    state    TEXT NOT NULL,
    queued   TIMESTAMPTZ NOT NULL,
    next     TIMESTAMPTZ,
    attempts BIGINT NOT NULL,
    status   BIGINT NOT NULL,
    reason   TEXT NOT NULL,
    duration BIGINT NOT NULL -- microseconds
);
CREATE INDEX webhook_deliveries_by_mock ON webhook_deliveries (mock_id, id);
