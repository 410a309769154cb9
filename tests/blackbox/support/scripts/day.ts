/* day.ts - a platform's day with the typed client that openapi-typescript and openapi-fetch make of /openapi.json: each operation of /v1 at
 * least once. Prints {operations, calls} as JSON. */
import createClient from "openapi-fetch";
import type { components, paths } from "./v1";

type Schemas = components["schemas"];
const base = process.env["SHARELINK_URL"] ?? "";
const key = process.env["SHARELINK_KEY"] ?? "";
const done: string[] = [];
const api = createClient<paths>({ baseUrl: base, headers: { Authorization: `Bearer ${key}` } });
api.use({ onRequest: ({ request, schemaPath }) => { done.push(`${request.method} ${schemaPath}`); } });

async function ok<Data>(answer: Promise<{ data?: Data; error?: unknown; response: Response }>): Promise<Data> {
    const { data, error, response } = await answer;
    if (!response.ok) {
        throw new Error(`${response.url}: ${response.status} ${JSON.stringify(error)}`);
    }
    return data as Data;
}

/** The status and the code of a fault: a problem is typed like any answer. */
async function fault(answer: Promise<{ error?: Schemas["Problem"] | Schemas["ValidationProblem"] | undefined; response: Response }>): Promise<string> {
    const { error, response } = await answer;
    return `${response.status} ${error?.code}`;
}

function expect(is: boolean, what: string): void {
    if (!is) {
        throw new Error(what);
    }
}

function first<Item>(items: Item[]): Item {
    const item = items[0];
    if (item === undefined) {
        throw new Error("nothing is there");
    }
    return item;
}

const document: Schemas["InterviewDocument"] = {
    type: "one_way",
    job: { id: "job-118", title: "Customer Support Lead" },
    candidate: { first_name: "Mateo", last_name: null },
    questions: [{ id: "q1", text: "Why us?", answer: { kind: "text", text: "Because." } }],
};
const owner = { name: "Robin", email: "robin@hiring.example", time_zone: "Europe/Amsterdam" };

async function account(): Promise<void> {
    const mine = await ok(api.GET("/v1/account"));
    expect(mine.version >= 1, "an account has a version");
    await ok(api.PATCH("/v1/account", { body: { defaults: { sender_name: "Talent team" } } }));
    await ok(api.PATCH("/v1/account", { body: { defaults: { sender_name: null } } }));
    const branded = await ok(api.PATCH("/v1/account", { body: { brand: { name: "Hiring Example", accent: "#1a5fb4" }, locale: "de" } }));
    expect(branded.brand.name === "Hiring Example" && branded.brand.logo_url === null && branded.advanced_links, "a brand, without a logo");
    await ok(api.PATCH("/v1/account", { body: { brand: null, locale: null, console_origins: [] } }));
    expect((await fault(api.PATCH("/v1/account", { body: {}, params: { header: { "If-Match": '"v9999"' } } }))).startsWith("412"), "another version");
    await ok(api.GET("/v1/openapi.json"));
}

async function interviews(): Promise<void> {
    await ok(api.PUT("/v1/interviews/{id}", { params: { path: { id: "day-1" } }, body: document }));
    await ok(api.PUT("/v1/interviews/{id}", { params: { path: { id: "day-1" } }, body: { ...document, type: "live" } }));
    const stored = await ok(api.POST("/v1/interviews/batch", {
        body: { interviews: [2, 3, 4, 5].map((number) => ({ id: `day-${number}`, ...document })) },
    }));
    expect(stored.data.every((each) => each.result === "created"), "all are new");
    const bad = await api.POST("/v1/interviews/batch", { body: { interviews: [{ id: "day-6", ...document }, { id: "day-6", ...document }] } });
    expect(bad.response.status === 422 && bad.error !== undefined && "errors" in bad.error, "the same id twice");
    await ok(api.GET("/v1/interviews/{id}", { params: { path: { id: "day-2" } } }));
    const page = await ok(api.GET("/v1/interviews", { params: { query: { limit: 2, sort: "created_at" } } }));
    if (page.next_cursor !== null) {
        await ok(api.GET("/v1/interviews", { params: { query: { limit: 2, sort: "created_at", cursor: page.next_cursor } } }));
    }
    await ok(api.GET("/v1/interviews", { params: { query: { sort: "-completed_at" } } }));
    await ok(api.GET("/v1/interviews", { params: { query: { created_after: "2026-01-01T00:00:00Z" } } }));
    await ok(api.GET("/v1/interviews", { params: { query: { search: "mateo", job_id: "job-118", type: "one_way" } } }));
    expect((await fault(api.GET("/v1/interviews/{id}", { params: { path: { id: "nobody" } } }))) === "404 not_found", "nobody's");
}

async function templates(): Promise<string> {
    const body = { name: "Usual", subject: "For {{reviewer_name}}", body: "Look: {{link_url}}" };
    const made = await ok(api.POST("/v1/email-templates", { body }));
    const path = { id: made.id };
    await ok(api.GET("/v1/email-templates"));
    const standard = await ok(api.GET("/v1/email-templates/standard", { params: { query: { locale: "nl" } } }));
    expect(standard.locale === "nl" && standard.body.includes("{{job_title}}"), "words to begin with");
    await ok(api.GET("/v1/email-templates/{id}", { params: { path } }));
    await ok(api.PATCH("/v1/email-templates/{id}", { params: { path }, body: { name: "Other" } }));
    await ok(api.POST("/v1/email-templates/preview", { body: { template_id: made.id } }));
    await ok(api.POST("/v1/email-templates/preview", { body: { subject: "A", body: "B {{link_url}}" } }));
    const draft = { subject: "{{interview_count}}", body: "{{reviewer_name}}", interview_ids: ["day-1", "day-2"], reviewer_name: "Ingrid", expires_in: null };
    expect((await ok(api.POST("/v1/email-templates/preview", { body: draft }))).subject === "2", "of a link that is not made yet");
    const other = await ok(api.POST("/v1/email-templates", { body }));
    await ok(api.DELETE("/v1/email-templates/{id}", { params: { path: { id: other.id } } }));
    return made.id;
}

async function links(template: string): Promise<{ link: string; reviewer: string }> {
    const wanted: Schemas["WantedShareLink"] = {
        kind: "advanced", title: "Shortlist", owner, interview_ids: ["day-1", "day-2"], template_id: template,
        reviewers: [{ name: "Ingrid", email: "ingrid@support.example" }, { name: "Ana", email: "ana@support.example" }], expires_in: { value: 2, unit: "weeks" },
    };
    const once = { body: wanted, params: { header: { "Idempotency-Key": "day-1" } } };
    const made = await ok(api.POST("/v1/share-links", once));
    const again = await api.POST("/v1/share-links", once);
    expect(again.response.headers.get("Idempotency-Replayed") === "true", "the same answer again");
    const refused = await api.POST("/v1/share-links", { body: { ...wanted, interview_ids: ["nobody"] } });
    expect(refused.response.status === 422, "an interview that is not there");
    const path = { id: made.id };
    const shown = await ok(api.GET("/v1/share-links/{id}", { params: { path } }));
    const reviewer = first(shown.reviewers).id;
    await ok(api.GET("/v1/share-links", { params: { query: { state: "active", search: "shortlist" } } }));
    await ok(api.GET("/v1/share-links", { params: { query: { owner_email: owner.email, sort: "title" } } }));
    const summaries = await ok(api.GET("/v1/share-links", { params: { query: { view: "summary", attention: "no" } } }));
    const summary = summaries.data[0];
    expect(summary !== undefined && "attention" in summary && summary.reviewers.count === 2 && summary.job_title !== null, "a short row");
    const counts = await ok(api.GET("/v1/share-links/counts", { params: { query: { owner_email: owner.email, kind: "advanced" } } }));
    expect(counts.active === 1 && counts.attention === 0, "one link");
    await ok(api.PATCH("/v1/share-links/{id}", { params: { path }, body: { title: "Second shortlist" } }));
    await ok(api.PATCH("/v1/share-links/{id}", { params: { path }, body: { settings: { omit_avatars: true } } }));
    await ok(api.POST("/v1/share-links/{id}/interviews", { params: { path }, body: { interview_ids: ["day-3"] } }));
    await ok(api.POST("/v1/share-links/{id}/interviews", { params: { path }, body: { interview_ids: ["day-3", "day-4"] } }));
    await ok(api.POST("/v1/share-links/{id}/interviews/remove", { params: { path }, body: { interview_ids: ["day-3"] } }));
    const asked = await ok(api.POST("/v1/memberships/query", { body: { interview_ids: ["day-2", "day-3"], search: "second" } }));
    expect(first(asked.share_links).present === 1, "one of two is in it");
    const ticked = await ok(api.POST("/v1/memberships", { body: { interview_ids: ["day-2", "day-3"], add_to: [made.id] } }));
    expect(first(ticked.changed).added === 1, "the other is put into it");
    await ok(api.POST("/v1/memberships", { body: { interview_ids: ["day-3"], remove_from: [made.id] } }));
    await ok(api.POST("/v1/share-links/{id}/reviewers", { params: { path }, body: { reviewers: [{ name: "Bo", email: "bo@support.example" }] } }));
    const one = { params: { path: { ...path, rid: reviewer } } };
    await ok(api.GET("/v1/share-links/{id}/reviewers/{rid}", one));
    const renamed = await ok(api.PATCH("/v1/share-links/{id}/reviewers/{rid}", { ...one, body: { name: "Ingrid S.", locale: "nb-NO" } }));
    expect(renamed.locale === "nb-NO" && renamed.done_at === null && renamed.watched_seconds === 0, "a language, and nothing done yet");
    await ok(api.POST("/v1/share-links/{id}/reviewers/{rid}/invite", one));
    const reminded = await ok(api.POST("/v1/share-links/{id}/invite", { params: { path }, body: { who: "unopened" } }));
    expect(reminded.invited.includes(reviewer) && reminded.skipped.length === 0, "all are reminded");
    await ok(api.POST("/v1/share-links/{id}/reviewers/{rid}/deactivate", one));
    await ok(api.POST("/v1/share-links/{id}/reviewers/{rid}/reactivate", one));
    const last = shown.reviewers[1];
    if (last) {
        await ok(api.DELETE("/v1/share-links/{id}/reviewers/{rid}", { params: { path: { ...path, rid: last.id } } }));
    }
    await ok(api.GET("/v1/share-links", { params: { query: { interview_id: "day-2", kind: "advanced" } } }));
    await ok(api.GET("/v1/share-links/{id}", { params: { path } }));
    await ok(api.GET("/v1/share-links/{id}/opens", { params: { path } }));
    const activity = await ok(api.GET("/v1/share-links/{id}/activity", { params: { path, query: { days: 7 } } }));
    expect(activity.time_zone === owner.time_zone && activity.days.length === 7, "a week of the owner's days");
    const matrix = await ok(api.GET("/v1/share-links/{id}/matrix", { params: { path, query: { sort: "-average", limit: 50 } } }));
    expect(matrix.reviewers.length === 2 && first(matrix.data).cells.length === 0, "nobody has said or seen anything");
    await ok(api.GET("/v1/share-links/{id}/reviews", { params: { path } }));
    await ok(api.GET("/v1/share-links/{id}/reviews", { params: { path, query: { recommendation: ["yes", "strong_yes"] } } }));
    await ok(api.POST("/v1/share-links/{id}/deactivate", { params: { path } }));
    await ok(api.POST("/v1/share-links/{id}/reactivate", { params: { path }, body: { expires_in: { value: 3, unit: "days" } } }));
    return { link: made.id, reviewer };
}

async function ofInterviews(link: string): Promise<void> {
    const path = { id: "day-5" };
    await ok(api.POST("/v1/interviews/{id}/basic-link", { params: { path } }));
    await ok(api.GET("/v1/interviews/{id}/basic-link", { params: { path } }));
    await ok(api.GET("/v1/interviews/{id}/share-links", { params: { path } }));
    const members = await ok(api.PUT("/v1/interviews/{id}/share-links", { params: { path }, body: { share_link_ids: [link] } }));
    expect(members.share_link_ids.includes(link), "it is in the link");
    await ok(api.PUT("/v1/interviews/{id}/share-links", { params: { path }, body: { share_link_ids: [] } }));
    await ok(api.GET("/v1/interviews/{id}/reviews", { params: { path } }));
}

async function events(): Promise<void> {
    const page = await ok(api.GET("/v1/events", { params: { query: { limit: 100 } } }));
    const seen = page.data.map(told);
    expect(seen.some((each) => each.startsWith("made lnk_")), "a link was made");
    await ok(api.GET("/v1/event-types"));
    await ok(api.GET("/v1/events", { params: { query: { limit: 10, sort: "created_at" } } }));
    await ok(api.GET("/v1/events/{id}", { params: { path: { id: first(page.data).id } } }));
    const types = await ok(api.GET("/v1/event-types"));
    expect(types.data.some((each) => each.type === first(page.data).type), "an event has a type that is listed");
    const ends = new AbortController();
    const stream = await api.GET("/v1/events/stream", { parseAs: "stream", signal: ends.signal });
    expect(stream.response.status === 200, "the stream is open");
    ends.abort();
}

/** Narrowed by its type. */
function told(event: Schemas["Event"]): string {
    switch (event.type) {
        case "link.created":
            return `made ${String(event.data.share_link_id)}`;
        case "link.deactivated":
            return `off ${String(event.data.share_link_id)}`;
        default:
            return event.type;
    }
}

async function webhooks(): Promise<void> {
    const made = await ok(api.POST("/v1/webhook-endpoints", { body: { url: "https://hooks.example/day" } }));
    const path = { id: made.id };
    await ok(api.GET("/v1/webhook-endpoints"));
    await ok(api.GET("/v1/webhook-endpoints/{id}", { params: { path } }));
    await ok(api.PATCH("/v1/webhook-endpoints/{id}", { params: { path }, body: { url: "https://hooks.example/night" } }));
    await ok(api.POST("/v1/webhook-endpoints/{id}/test", { params: { path } }));
    await ok(api.POST("/v1/webhook-endpoints/{id}/replay", { params: { path }, body: { from: "2026-01-01T00:00:00Z" } }));
    const rotated = await ok(api.POST("/v1/webhook-endpoints/{id}/rotate-secret", { params: { path } }));
    expect(rotated.secret !== made.secret, "another secret");
    const page = await deliveries();
    const delivery = first(page.data);
    await ok(api.GET("/v1/deliveries/{id}", { params: { path: { id: delivery.id } } }));
    expect(/^(202 |409 )/.test(await fault(api.POST("/v1/deliveries/{id}/retry", { params: { path: { id: delivery.id } } }))), "only what failed is sent again");
    await ok(api.GET("/v1/deliveries", { params: { query: { channel: "webhook" } } }));
    await ok(api.DELETE("/v1/webhook-endpoints/{id}", { params: { path } }));
}

/** Planned as soon as the events are read. */
async function deliveries(): Promise<Schemas["DeliveryPage"]> {
    for (;;) {
        const page = await ok(api.GET("/v1/deliveries", { params: { query: { limit: 5 } } }));
        if (page.data.length > 0) {
            return page;
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

async function preferences(): Promise<void> {
    const path = { email: owner.email };
    await ok(api.GET("/v1/notification-preferences/{email}", { params: { path } }));
    await ok(api.PUT("/v1/notification-preferences/{email}", { params: { path }, body: { opens: "first", reviews: "every", digest: "off", muted_share_link_ids: [] } }));
    await ok(api.GET("/v1/notification-preferences/{email}", { params: { path } }));
}

async function console_(link: string): Promise<void> {
    const made = await ok(api.POST("/v1/console-sessions", { body: { recruiter: owner, view: "link", share_link_id: link, origin: "https://ats.example" } }));
    expect(made.url !== undefined && made.recruiter.email === owner.email && made.may.length === 3, "a session");
    expect((await fault(api.POST("/v1/console-sessions", { body: { recruiter: { email: "nobody" } } }))).startsWith("422"), "no address");
    await ok(api.DELETE("/v1/console-sessions/{id}", { params: { path: { id: made.id } } }));
    expect((await ok(api.POST("/v1/console-sessions/expire", { body: { recruiter_email: owner.email } }))).expired === 0, "none is left");
}

async function evening(link: string, template: string): Promise<void> {
    await ok(api.DELETE("/v1/share-links/{id}", { params: { path: { id: link } } }));
    expect((await fault(api.GET("/v1/share-links/{id}", { params: { path: { id: link } } }))) === "404 not_found", "the link is gone");
    await ok(api.DELETE("/v1/email-templates/{id}", { params: { path: { id: template } } }));
    for (const number of [1, 2, 3, 4, 5]) {
        const receipt = await ok(api.DELETE("/v1/interviews/{id}", { params: { path: { id: `day-${number}` } } }));
        expect(receipt.interview_id === `day-${number}`, "the receipt is of it");
    }
    expect((await fault(createClient<paths>({ baseUrl: base }).GET("/v1/account"))).startsWith("401"), "no key");
}

async function day(): Promise<void> {
    await account();
    await interviews();
    const template = await templates();
    const { link } = await links(template);
    await ofInterviews(link);
    await webhooks();
    await events();
    await preferences();
    await console_(link);
    await evening(link, template);
    await account();
    console.log(JSON.stringify({ operations: [...new Set(done)].sort(), calls: done.length }));
}

day().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
});
