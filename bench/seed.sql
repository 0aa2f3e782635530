-- Insert invitations with the ids, token hashes and encrypted tokens of `staged`, which Python has computed.
-- Every tenth belongs to the measured company, the others to the other companies in turn.

SELECT setseed(0.5);

CREATE TEMP TABLE place AS
SELECT row_number() OVER (ORDER BY company.id) - 1 AS number, company.id AS company_id, repaired.id AS connection_id
FROM companies_company company JOIN connections_connection repaired ON repaired.company_id = company.id;

CREATE TEMP TABLE drawn AS
SELECT n, at, id, token_hash, encrypted_token,
    CASE WHEN n % 10 = 0 THEN 0 ELSE 1 + (n % ((SELECT count(*) FROM place) - 1)) END AS place,
    random() AS kind, random() AS life, random() AS uses, random() AS used, random() AS revoked,
    random() AS addresses, random() AS prefilled, random() AS extras,
    (SELECT array_agg(id) FROM connections_datasource)[1 + n % (SELECT count(*) FROM connections_datasource)] AS provider
FROM staged;

-- the same id with another last byte, so that the events of an invitation stay in order
CREATE FUNCTION pg_temp.after(id uuid, step integer) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN (left(id::text, 34) || lpad(to_hex(step), 2, '0'))::uuid;

INSERT INTO invitations_invitation (
    id, company_id, invitation_type, connection_id, token_hash, encrypted_token, allowed_emails, send_email, expires_at,
    max_uses, use_count, prefill, message, locale, external_id, metadata, revoked_at, created_at, updated_at
)
SELECT pg_temp.after(id, 0), company_id,
    CASE WHEN kind < 0.03 THEN 'EDIT_CONNECTION' ELSE 'CREATE_CONNECTION' END,
    CASE WHEN kind < 0.03 THEN connection_id END,
    token_hash, encrypted_token,
    CASE WHEN addresses < 0.20 THEN ARRAY['someone' || n || '@example.com']
         WHEN addresses < 0.25 THEN ARRAY['someone' || n || '@example.com', 'office@example.com'] ELSE '{}' END,
    false,
    CASE WHEN life < 0.25 THEN at + interval '30 days' WHEN life < 0.5 THEN at + interval '2 years' END,
    CASE WHEN uses < 0.40 THEN 1 WHEN uses < 0.55 THEN 5 END,
    (kind >= 0.03 AND used < 0.40)::integer,
    CASE WHEN kind < 0.03 OR prefilled > 0.40 THEN '{}'::jsonb
         WHEN prefilled < 0.20 THEN '{"country": "GB", "utilityTypes": ["ELECTRICITY", "GAS"]}'
         ELSE jsonb_build_object('datasourceId', provider, 'connectionOwnerEmail', 'owner@example.com') END,
    CASE WHEN extras < 0.50 THEN 'Please connect the electricity account of your building, so that we can collect its bills.' END,
    'en',
    CASE WHEN extras < 0.70 THEN 'order-' || n END,
    CASE WHEN extras < 0.35 THEN jsonb_build_object('order', n::text, 'region', 'south west') ELSE '{}' END,
    CASE WHEN revoked < 0.05 THEN least(at + interval '1 day', now()) END,
    at, at
FROM drawn JOIN place ON place.number = drawn.place ORDER BY n;

INSERT INTO connections_connection (
    id, company_id, origin_invitation_id, datasource_id, utility_types, country, status, status_changed_at, created_at,
    updated_at
)
SELECT pg_temp.after(id, 0), company_id, pg_temp.after(id, 0), provider, '{ELECTRICITY}', 'GB', 'CONNECTED', at, at, at
FROM drawn JOIN place ON place.number = drawn.place WHERE kind >= 0.03 AND used < 0.40 ORDER BY n;

INSERT INTO invitations_use (id, invitation_id, connection_id, form_id, created_at)
SELECT pg_temp.after(id, 0), pg_temp.after(id, 0), pg_temp.after(id, 0), gen_random_uuid(), at
FROM drawn WHERE kind >= 0.03 AND used < 0.40 ORDER BY n;

INSERT INTO invitations_invitationevent (id, invitation_id, type, created_at, actor, detail)
SELECT pg_temp.after(id, step), pg_temp.after(id, 0), type, at + step * interval '1 minute', actor, '{}'
FROM drawn CROSS JOIN (
    VALUES (1, 'CREATED', 'PARTNER'), (2, 'VIEWED', 'CONTRIBUTOR'), (3, 'USED', 'CONTRIBUTOR'),
        (4, 'FULFILLED', 'CONTRIBUTOR'), (5, 'REVOKED', 'STAFF')
) AS event (step, type, actor)
WHERE CASE type
    WHEN 'CREATED' THEN true
    WHEN 'VIEWED' THEN used < 0.60
    WHEN 'USED' THEN kind >= 0.03 AND used < 0.40
    WHEN 'FULFILLED' THEN kind >= 0.03 AND used < 0.40 AND uses < 0.40
    ELSE revoked < 0.05 END
ORDER BY n, step;
