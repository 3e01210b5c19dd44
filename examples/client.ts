// A program that calls functions which another process serves. With `npm start` in one terminal, in another:
//   node_modules/.bin/node --conditions=dispatch-source examples/client.ts
// That is the Node 24 of the install, and the condition is for this repository, which imports its sources. In a project of
// your own: `node client.ts`, with Node 24.
import { dispatch } from "dispatch-ts";
import { countPrimes, greet } from "./functions.ts";

// Waits for the result, however long it takes and whatever is restarted meanwhile.
console.log(await greet("World"));

// Or only until the call is recorded: from here on it runs by itself.
const id = await countPrimes.dispatch(1_000_000);
console.log(`dispatched ${id}`);

// Several at once, in one request.
const batch = dispatch.batch();
for (const below of [10, 100, 1_000]) batch.add(countPrimes, below);
console.log(`dispatched ${(await batch.dispatch()).length} more`);
