/** Long and steady: memory and latency have to stay flat. */
import { measureModes } from "../harness/measure.ts";
import type { Scenario, ScenarioContext } from "../harness/scenario.ts";
import { measureSoak } from "../harness/soak.ts";
import { POOL, runLoad } from "./endpoint.ts";

/** Of the rate that a closed loop reaches. */
const SHARE = 0.7;

export const soak: Scenario = {
  name: "soak",
  summary: "the trivial function at 70 % of its highest rate for --seconds (default: 600), open loop",
  notMeasured: "the scheduler and its store: the endpoint alone",
  onRequest: true,
  async run(context) {
    const smoke = context.size === "smoke";
    const seconds = context.secondsGiven ?? (smoke ? 3 : 600);
    const load = runLoad("trivial", ["hello"]);
    const short: ScenarioContext = { ...context, repeats: 1, seconds: smoke ? 0.5 : 8 };
    const [highest] = await measureModes("soak", [{ ...POOL, name: "highest rate" }], load, short);
    const ratePerSecond = Math.floor(highest!.rate.median * SHARE);
    context.progress(`${ratePerSecond} requests a second for ${seconds} s`);
    const steady = await measureSoak("soak", POOL, { ...load, ratePerSecond }, { ...context, seconds });
    return [highest!, steady];
  },
};
