<?php
// Fails if examples/verify_webhook.php accepts a forged message or rejects a genuine one.
error_reporting(E_ALL);
set_error_handler(fn($level, $message) => throw new ErrorException($message));
require 'verify_webhook.php';
['secret' => $secret, 'messages' => $messages] = json_decode(file_get_contents('messages.json'), true);
putenv("WEBHOOK_SECRET=$secret");
foreach ($messages as $each) {
    $event = event_of($each['headers'], $each['body']);
    if ((($event['type'] ?? null) === 'invitation.used') !== $each['is_genuine']) {
        throw new Exception($each['name']);
    }
}
echo 'PHP: ', count($messages), " messages\n";
