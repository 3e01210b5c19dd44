/** What the service of dispatch-ts counts, as a tally of runs. */
import type { ServiceCounters } from "../subjects/service.ts";
import type { TallyAnswer } from "./tally.ts";

/** The service counts ends, not arguments. Failed attempts count as runs, so that they stand out. */
export function tallyOf({ succeeded, failed }: ServiceCounters): TallyAnswer {
  return {
    trivial: { runs: (succeeded.trivial ?? 0) + failed },
    step: { runs: (succeeded.step ?? 0) + failed },
  };
}
