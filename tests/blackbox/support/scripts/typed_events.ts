// typed_events.ts - what a typed client may do with events; compiled in strict mode, never run.
import type { components, paths, webhooks } from "./types";

type Event = components["schemas"]["Event"];
type Listed = paths["/v1/events"]["get"]["responses"]["200"]["content"]["application/json"]["data"][number];

export function told(event: Event & Listed): string {
    switch (event.type) {
        case "link.opened":
            return event.data.visit_id + (event.data.first ? "first" : "again") + event.share_link_id;
        case "link.passcode_failed":
            return event.data.tries.toFixed() + (event.data.paused_until ?? "");
        case "link.interviews_added":
            return event.data.interview_ids.join();
        case "candidate.erased":
            // @ts-expect-error it is about no share link
            event.data.share_link_id;
            return event.data.interview_id;
        case "review.completed":
            // @ts-expect-error it is about no one interview
            event.data.interview_id;
            return event.data.reviewer_id;
        case "link.deleted":
            return event.data.external_id ?? event.data.share_link_id;
        default:
            // @ts-expect-error no event is of this type
            event.type === "link.exploded";
            return event.type;
    }
}

type Bodies = { [Name in keyof webhooks]: webhooks[Name] extends { post: { requestBody: { content: { "application/json": infer Body } } } } ? Body : never };

export function posted(body: Bodies[keyof Bodies]): string {
    switch (body.type) {
        case "review.submitted":
            return body.data.review_id + body.timestamp;
        case "webhook.test":
            return body.data.webhook_endpoint_id;
        default:
            return body.type;
    }
}

const wanted: components["schemas"]["WantedWebhookEndpoint"] = { url: "https://crm.example.com/", events: ["link.opened"] };
// @ts-expect-error an endpoint has a URL
export const nowhere: components["schemas"]["WantedWebhookEndpoint"] = { events: ["link.opened"] };
// @ts-expect-error no event has this name
export const unknown: components["schemas"]["WantedWebhookEndpoint"] = { url: "https://crm.example.com/", events: ["link.exploded"] };
export const changed: components["schemas"]["WebhookEndpointChanges"] = { events: wanted.events };
export const tested: components["schemas"]["Delivery"]["event_type"] = "webhook.test";
