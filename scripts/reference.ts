// Makes the reference pages that come from the sources. test/reference.test.ts holds that they are up to date.
import { writeFileSync } from "node:fs";
import { commandReference } from "./reference/command.ts";
import { configurationReference } from "./reference/configuration.ts";

const page = (name: string) => new URL(`../docs/reference/${name}`, import.meta.url);

writeFileSync(page("configuration.md"), configurationReference());
writeFileSync(page("command.md"), await commandReference());
