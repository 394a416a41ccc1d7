-- +goose Up
-- One word for one thing, as in docs/architecture.md. These rename, where migrations otherwise only add: there is no release yet
-- whose programs could run beside this one.
ALTER TABLE mocks RENAME COLUMN settings TO version; -- counts changes of slug, workspace, name and description
ALTER TABLE requests RENAME COLUMN answer_head TO response_head;
ALTER TABLE requests RENAME COLUMN answer_body TO response_body;
ALTER TABLE requests RENAME COLUMN answer_base64 TO response_base64;
ALTER TABLE requests RENAME COLUMN answer_size TO response_size;
ALTER TABLE request_counts RENAME COLUMN informative TO informational;
ALTER TABLE idempotency_keys RENAME COLUMN answer TO response;

-- The payloads of the change log. A quotation mark inside a JSON string is escaped, so these can only be names of fields.
UPDATE changes SET payload = replace(replace(payload, '"workspace":', '"workspace_slug":'), '"mock":', '"mock_slug":')
WHERE type = 'mock.updated';

-- The audit log names operations as the contract does.
UPDATE audit SET action = 'updateMockContent' WHERE action = 'updateMock';
UPDATE audit SET action = 'updateMock' WHERE action = 'changeMock';
UPDATE audit SET action = 'updateRevision' WHERE action = 'markRevision';
UPDATE audit SET action = 'deleteMember' WHERE action = 'removeMember';
UPDATE audit SET action = 'deleteInvitation' WHERE action = 'revokeInvitation';
UPDATE audit SET action = 'createDomain' WHERE action = 'addDomain';
UPDATE audit SET action = 'deleteRequests' WHERE action = 'clearRequests';
UPDATE audit SET action = 'deleteCurrentSession' WHERE action = 'deleteSession';
UPDATE audit SET action = 'deleteSession' WHERE action = 'revokeSession';
UPDATE audit SET action = 'updatePassword' WHERE action = 'changePassword';
