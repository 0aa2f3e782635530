-- Rows beside the invitations that `seed.sql` leaves out: mails with their links, credentials, and the events of partners
-- and their webhooks that are still kept.

INSERT INTO invitations_delivery (id, invitation_id, email, status, attempts, last_attempt_at, queued_at, counted_at, created_at)
SELECT gen_random_uuid(), invitation.id, address, 'DELIVERED', 1, invitation.created_at, invitation.created_at,
    invitation.created_at, invitation.created_at
FROM invitations_invitation AS invitation, unnest(allowed_emails) AS address;

INSERT INTO invitations_personallink (id, delivery_id, token_hash, encrypted_token)
SELECT id, id, sha256(id::text::bytea), repeat('k', 100)::bytea FROM invitations_delivery;

INSERT INTO connections_credential (connection_id, encrypted, host, created_at, updated_at)
SELECT id, repeat('k', 250)::bytea, 'provider.example.com', created_at, created_at FROM connections_connection;

INSERT INTO companies_partnerevent (id, partner_id, company_id, is_live, type, data, context, sequence, created_at)
SELECT log.id, partner.id, company.id, true, 'invitation.' || lower(log.type), jsonb_build_object(
        'id', log.invitation_id, 'companyId', company.id, 'status', 'ACTIVE', 'externalId', 'order-4711', 'metadata', '{}',
        'message', repeat('m', 90), 'allowedEmails', '[]', 'createdConnections', '[]', 'createdAt', log.created_at
    ), '{}', row_number() OVER (PARTITION BY partner.id ORDER BY log.id), log.created_at
FROM invitations_invitationevent AS log
JOIN invitations_invitation AS invitation ON invitation.id = log.invitation_id
JOIN companies_company AS company ON company.id = invitation.company_id
JOIN companies_partner AS partner ON partner.id = company.partner_id
WHERE log.created_at > now() - interval '45 days';

INSERT INTO companies_eventstream (partner_id, is_live, last_sequence, dispatched_sequence)
SELECT partner_id, true, max(sequence), max(sequence) FROM companies_partnerevent GROUP BY partner_id
ON CONFLICT (partner_id, is_live) DO UPDATE
SET last_sequence = excluded.last_sequence, dispatched_sequence = excluded.dispatched_sequence;

INSERT INTO companies_webhookendpoint (id, partner_id, url, encrypted_secret, created_at, updated_at)
SELECT gen_random_uuid(), id, 'https://partner.example/hooks', '\x00', now(), now() FROM companies_partner;

INSERT INTO companies_webhookdelivery (id, endpoint_id, event_id, status, attempts, created_at)
SELECT event.id, endpoint.id, event.id, 'DELIVERED', 1, event.created_at
FROM companies_partnerevent AS event JOIN companies_webhookendpoint AS endpoint USING (partner_id);
