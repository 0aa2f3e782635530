// Verify a webhook with the package `standardwebhooks` (npm).

import { Webhook, WebhookVerificationError } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET); // whsec_...

// Returns the event. Null if the message is forged, altered or older than five minutes: answer 401.
// `body` is the text as it arrived: express.text({ type: "application/json" }), not express.json().
export function eventOf(headers, body) {
  try {
    return webhook.verify(body, headers);
  } catch (error) {
    if (error instanceof WebhookVerificationError) return null;
    throw error;
  }
}
