// Fails if examples/verify_webhook.mjs accepts a forged message or rejects a genuine one.
import { readFileSync } from "node:fs";

const { secret, messages } = JSON.parse(readFileSync("messages.json", "utf8"));
process.env.WEBHOOK_SECRET = secret;
const { eventOf } = await import(`${process.cwd()}/verify_webhook.mjs`);
for (const { name, headers, body, is_genuine } of messages) {
  if ((eventOf(headers, body)?.type === "invitation.used") !== is_genuine) throw new Error(name);
}
console.log(`Node: ${messages.length} messages`);
