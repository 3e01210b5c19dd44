import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pino } from "pino";
import type { Page } from "playwright-core";
import { resolveConfig } from "../src/config/index.ts";
import { type Service, startService } from "../src/service.ts";
import { writeAny } from "../src/wire/hot-path/index.ts";
import { encodeArguments } from "../src/wire/values/index.ts";
import { noBrowser, openBrowser } from "./browser.test-support.ts";

let service: Service;
let liveUrl: string;

before(async () => {
  if (noBrowser) return;
  const lines: string[] = [];
  const logger = pino({ level: "info" }, { write: (line: string) => lines.push(line) });
  const { config } = resolveConfig({
    flags: { endpointAddr: "127.0.0.1:0", storePath: ":memory:", threadsMax: 1 },
  });
  const modules = [new URL("fixtures/live-functions.ts", import.meta.url).href];
  service = await startService({ config, modules, logger });
  liveUrl = JSON.parse(lines.find((line) => line.includes("liveUrl"))!).liveUrl;
});
after(() => service?.stop("test"));

async function callAndWait(name: string, ...args: unknown[]): Promise<string> {
  const [id] = await service.scheduler!.dispatch([
    { endpoint: service.url, function: name, input: writeAny(encodeArguments(args)) },
  ]);
  await service.scheduler!.wait(id!);
  return id!;
}

async function openPage(options: Parameters<typeof openBrowser>[0] = {}) {
  const browser = await openBrowser(options);
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== liveUrl) problems.push(`asked ${request.url()}`);
  });
  await page.goto(`${liveUrl}/`);
  return { page, problems, [Symbol.asyncDispose]: () => browser[Symbol.asyncDispose]() };
}

const tile = (page: Page, name: string) =>
  page
    .locator("#tiles div")
    .filter({ has: page.getByText(name, { exact: true }) })
    .locator("dd");

test("the page shows what the service does, and asks nobody else", { skip: noBrowser }, async () => {
  await using t = await openPage();
  await t.page.locator('#connection[data-state="live"]').waitFor();
  await Promise.all(Array.from({ length: 50 }, (_, i) => callAndWait("quick", i)));
  await t.page.locator("#functions td", { hasText: "quick" }).waitFor();
  assert.equal(await tile(t.page, "threads").innerText(), "1");
  assert.ok((await t.page.locator("#charts canvas").count()) >= 4);
  assert.deepEqual(t.problems, []);
});

test("a failing call is found, read and retried", { skip: noBrowser }, async () => {
  const id = await callAndWait("flaky", { id: "A7", cents: 250 });
  await using t = await openPage();
  await t.page.getByLabel("State").selectOption("failed");
  await t.page.getByRole("button", { name: "Search" }).click();
  await t.page.getByRole("button", { name: "flaky" }).click();
  const detail = t.page.locator("#detail");
  await detail.getByText("no price for order A7").first().waitFor();
  await detail.getByText('"cents": 250').waitFor();
  assert.match(await detail.innerText(), new RegExp(id));
  await detail.getByRole("button", { name: "Retry" }).click();
  await service.scheduler!.wait(id);
  await detail.getByRole("button", { name: "Refresh" }).click();
  await detail.getByText("paid 250").waitFor();
  assert.deepEqual(t.problems, []);
});

test("dates and maps are shown as what they are", { skip: noBrowser }, async () => {
  const id = await callAndWait("receipt", new Date("2024-06-27T03:33:12Z"));
  await using t = await openPage();
  await t.page.getByLabel("Id").fill(id);
  await t.page.keyboard.press("Enter");
  const detail = t.page.locator("#detail");
  await detail.getByText("Map(1) { 'tea' => 250 }").waitFor();
  assert.match(await detail.innerText(), /Output\s+\{\s+paidAt: 2024-06-27T03:33:12\.000Z,/);
  assert.match(await detail.innerText(), /Input\s+2024-06-27T03:33:12\.000Z/);
  assert.deepEqual(t.problems, []);
});

test("the tree of a call is drawn with its children", { skip: noBrowser }, async () => {
  const id = await callAndWait("parent", 1);
  await using t = await openPage();
  await t.page.getByLabel("Id").fill(id);
  await t.page.keyboard.press("Enter");
  const tree = t.page.locator(".tree");
  await tree.getByRole("button", { name: /^parent, succeeded/ }).waitFor();
  await tree.getByRole("button", { name: /^slow, succeeded/ }).click();
  await t.page.locator("#detail-title", { hasText: "slow" }).waitFor();
  assert.deepEqual(t.problems, []);
});

test("nothing overflows at the width of a phone, in the dark", { skip: noBrowser }, async () => {
  await using t = await openPage({ width: 360, height: 740, dark: true });
  await t.page.locator("#tiles div").first().waitFor();
  const overflow = await t.page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  assert.equal(overflow, 0);
  assert.deepEqual(t.problems, []);
});

test("every control can be reached and named without a mouse", { skip: noBrowser }, async () => {
  await using t = await openPage();
  await t.page.keyboard.press("Tab");
  assert.equal(await t.page.evaluate("document.activeElement.textContent"), "Skip to calls");
  await t.page.getByRole("combobox", { name: /^State/ }).waitFor();
  for (const name of ["API key", "Function", "Id"]) {
    await t.page
      .getByRole("textbox", { name, exact: true })
      .or(t.page.getByLabel(name, { exact: true }))
      .first()
      .waitFor();
  }
  assert.equal(await t.page.getByRole("heading", { level: 1 }).innerText(), "dispatch");
});
