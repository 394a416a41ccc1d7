-- +goose Up
-- The life of the database, as Postgres' timeline tells it, in which the latest number was given.
ALTER TABLE streams ADD COLUMN life TEXT NOT NULL DEFAULT '';
