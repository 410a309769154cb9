// verify_webhooks.mjs - whether the packages standardwebhooks and svix take webhooks as ours: [{body, headers, secret}, …] comes in,
// {standardwebhooks: [true, …], svix: [true, …]} goes out.
import fs from "node:fs";

import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";

function isTaken(Webhook, { body, headers, secret }) {
    try {
        return JSON.stringify(new Webhook(secret).verify(body, headers)) === JSON.stringify(JSON.parse(body));
    } catch (error) {
        if (error.constructor.name !== "WebhookVerificationError") {
            throw error;
        }
        return false;
    }
}

const posts = JSON.parse(fs.readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify({
    standardwebhooks: posts.map((post) => isTaken(Standard, post)),
    svix: posts.map((post) => isTaken(Svix, post)),
}));
