/** A thread or process that advances the coroutines it is given by one step each, and ends. */
import { text } from "node:stream/consumers";
import { parentPort, workerData } from "node:worker_threads";
import { advanced, type Job } from "./stepper.ts";

const jobs: Job[] = parentPort ? workerData : JSON.parse(await text(process.stdin));
const results: Job[] = [];
for (const job of jobs) {
  try {
    results.push(await advanced(job));
  } catch (error) {
    results.push({ ...job, calls: [], outcome: `could not go on: ${(error as Error).stack}` });
  }
}
if (parentPort) parentPort.postMessage(results);
else process.stdout.write(JSON.stringify(results));
