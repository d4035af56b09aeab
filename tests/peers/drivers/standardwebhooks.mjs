// npm standardwebhooks: the verifier of signed webhooks, given what the service sends.
import { verifies } from "./webhooks.mjs";
import { load } from "./report.mjs";

await verifies(load("standardwebhooks").Webhook);
