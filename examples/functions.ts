// Functions to try the service with: `npm start` serves them, `npm run -s dispatch -- call greet '"World"'` calls one.
import { get } from "node:http";
import { dispatch } from "dispatch-ts";

/** Arguments and result are what the types say, on both sides. */
export const greet = dispatch.function("greet", (name: string) => `Hello, ${name}!`);

export interface Page {
  status: number;
  bytes: number;
}

/** Waits for the network: many such runs share one thread. */
export const fetchPage = dispatch.function(
  "fetchPage",
  (url: string): Promise<Page> =>
    new Promise((resolve, reject) => {
      get(url, async (response) => {
        let bytes = 0;
        for await (const chunk of response) bytes += (chunk as Buffer).length;
        resolve({ status: response.statusCode ?? 0, bytes });
      }).on("error", reject);
    }),
);

/** Computes: it has a thread to itself meanwhile, and the HTTP front does not notice. */
export const countPrimes = dispatch.function("countPrimes", (below: number): number => {
  const isComposite = new Uint8Array(below);
  let count = 0;
  for (let number = 2; number < below; number++) {
    if (isComposite[number]) continue;
    count++;
    for (let multiple = number * number; multiple < below; multiple += number) isComposite[multiple] = 1;
  }
  return count;
});
