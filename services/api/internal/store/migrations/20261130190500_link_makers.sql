-- +goose Up
-- What a session that begins with a link began with: only links of the operator excuse from showing the old password.
ALTER TABLE signin_codes ADD COLUMN means TEXT NOT NULL DEFAULT 'own_link';
