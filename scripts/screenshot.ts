// Serves the test functions under load and takes the picture of the live page that the documents show.
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { resolveConfig } from "../src/config/index.ts";
import { startService } from "../src/service.ts";
import { writeAny } from "../src/wire/hot-path/index.ts";
import { encodeArguments } from "../src/wire/values/index.ts";
import { openBrowser } from "../test/browser.test-support.ts";

const SECONDS = 20;
const { config } = resolveConfig({
  flags: { endpointAddr: "127.0.0.1:0", storePath: ":memory:", threadsMax: 2 },
});
const lines: string[] = [];
const service = await startService({
  config,
  modules: [new URL("../test/fixtures/live-functions.ts", import.meta.url).href],
  logger: pino({ level: "info" }, { write: (line: string) => lines.push(line) }),
});
const { liveUrl } = JSON.parse(lines.find((line) => line.includes("liveUrl"))!);
const call = (name: string, ...args: unknown[]) => ({
  endpoint: service.url,
  function: name,
  input: writeAny(encodeArguments(args)),
});

await using browser = await openBrowser({ height: 1500 });
const page = await browser.newPage();
await page.goto(`${liveUrl}/`);
await service.scheduler!.dispatch([call("flaky", { id: "A7", cents: 250 })]);
for (let second = 0; second < SECONDS; second++) {
  const count = 300 + 200 * Math.sin(second / 3);
  await service.scheduler!.dispatch([
    ...Array.from({ length: count }, (_, index) => call("quick", index)),
    ...Array.from({ length: 20 }, () => call("slow", 20)),
    call("parent", second),
  ]);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}
await page.getByRole("textbox", { name: "Function" }).fill("parent");
await page.getByRole("button", { name: "Search" }).click();
await page.locator("#call-list tbody button").first().click();
await page.locator(".tree .row").nth(2).waitFor();
await page.evaluate("scrollTo(0, 0)");
await page.screenshot({
  path: fileURLToPath(new URL("../docs/images/live.png", import.meta.url)),
  fullPage: true,
});
await service.stop("picture taken");
