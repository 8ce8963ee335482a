// Writes the pictures of docs/boosters.md. What they show is what the code answered when they were drawn: a rule that changes
// changes its picture, and a test holds the checked-in files against this.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawBoosters } from "./pictures/boosters.ts";
import { projectDirectory } from "./wrangler.ts";

const directory = join(projectDirectory, "docs/boosters");
mkdirSync(directory, { recursive: true });
for (const [name, picture] of drawBoosters()) writeFileSync(join(directory, name), picture);
