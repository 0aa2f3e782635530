-- Rows of the lists of the admin that `seed.sql` does not fill, {rows} of each

CREATE TEMP TABLE partners AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM companies_partner;
CREATE TEMP TABLE companies AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM companies_company;

INSERT INTO companies_apikey (id, partner_id, name, prefix, secret_hash, created_at)
SELECT gen_random_uuid(), partners.id, 'System ' || i, 'lk_' || i, sha256(i::text::bytea), now() - i * interval '1 second'
FROM generate_series(1, {rows}) AS i JOIN partners ON n = i % 8 + 1;

INSERT INTO companies_user (id, password, email, name, created_at)
SELECT gen_random_uuid(), '!', 'person' || i || '@example.com', 'Person ' || i, now() - i * interval '1 second'
FROM generate_series(1, {rows}) AS i;

INSERT INTO connections_datasource (id, name, login_url, country, created_at)
SELECT gen_random_uuid(), 'Utility ' || i, 'https://utility' || i || '.example/', 'GB', now()
FROM generate_series(1, {rows}) AS i;

INSERT INTO invitations_batch (id, company_id, file_name, created_at)
SELECT gen_random_uuid(), companies.id, 'people ' || i || '.csv', now() - i * interval '1 second'
FROM generate_series(1, {rows}) AS i JOIN companies ON n = i % 200 + 1;

INSERT INTO companies_webhookendpoint (id, partner_id, url, encrypted_secret, created_at, updated_at)
SELECT gen_random_uuid(), partners.id, 'https://partner.example/hooks/' || i, '\x00', now(), now()
FROM generate_series(1, {rows}) AS i JOIN partners ON n = i % 8 + 1;

INSERT INTO companies_partnerevent (id, partner_id, is_live, type, data, sequence, created_at)
SELECT gen_random_uuid(), partners.id, true, 'webhook.test', '{{}}', i, now() - i * interval '1 second'
FROM generate_series(1, {rows}) AS i JOIN partners ON n = i % 8 + 1;

INSERT INTO companies_webhookdelivery (id, endpoint_id, event_id, status, created_at)
SELECT gen_random_uuid(), endpoint.id, event.id, 'DELIVERED', event.created_at
FROM (SELECT id, row_number() OVER () AS n FROM companies_webhookendpoint) AS endpoint
JOIN (SELECT id, created_at, row_number() OVER () AS n FROM companies_partnerevent WHERE type = 'webhook.test') AS event
    ON endpoint.n = event.n;
