// validate_events.mjs - what ajv, strict, says of events by their schemas as they are published: {schemas, events} comes in, a list of
// faults goes out.
import fs from "node:fs";

import Ajv2020 from "ajv/dist/2020.js";

const { schemas, events } = JSON.parse(fs.readFileSync(0, "utf8"));
const ajv = new Ajv2020.default({ strict: true, allErrors: true });
for (const schema of schemas) {
    ajv.addSchema(schema); // others refer to it by its $id
}
const byTitle = new Map(schemas.map((schema) => [schema.title, ajv.getSchema(schema.$id)]));
const envelope = byTitle.get("Sharelink event");
const faults = [];
for (const event of events) {
    const own = byTitle.get(event.type.replace(/^sharelink\./, "").replace(/\.v1$/, ""));
    for (const validate of [envelope, own]) {
        if (!validate(event)) {
            faults.push(`${event.type}: ${ajv.errorsText(validate.errors)}`);
        }
    }
}
process.stdout.write(JSON.stringify(faults));
