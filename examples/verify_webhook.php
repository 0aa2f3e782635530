<?php
// Verify a webhook without a package.

// Returns the event. Null if the message is forged, altered or older than five minutes: answer 401.
// Call it with getallheaders() and file_get_contents('php://input'), the body as it arrived.
function event_of(array $headers, string $body): ?array
{
    $headers = array_change_key_case($headers);
    $id = $headers['webhook-id'] ?? '';
    $sentAt = $headers['webhook-timestamp'] ?? '';
    if (!ctype_digit($sentAt) || abs(time() - (int) $sentAt) > 300) {
        return null;
    }
    $secret = base64_decode(substr(getenv('WEBHOOK_SECRET'), strlen('whsec_')));
    $wanted = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$sentAt.$body", $secret, true));
    $isGenuine = false;
    foreach (explode(' ', $headers['webhook-signature'] ?? '') as $signature) {
        $isGenuine = hash_equals($wanted, $signature) || $isGenuine;
    }
    return $isGenuine ? json_decode($body, true, flags: JSON_THROW_ON_ERROR) : null;
}
