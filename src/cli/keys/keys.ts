/** `dispatch keys`: makes the keys that services and clients know each other by. */
import { randomBytes } from "node:crypto";
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { keyPairOf } from "./key-pair.ts";

export function keysCommand(context: CliContext): Command {
  const command = new Command("keys")
    .summary("make keys: for signing runs, for the Dispatch API, for saved states")
    .description("Make keys: for signing runs, for the Dispatch API, for saved states.");
  command
    .command("new")
    .description(
      "Make an Ed25519 key pair: the scheduler signs runs with one half, endpoints verify with the other.",
    )
    .option("--pem", "Print PEM instead of base64.")
    .option("--json", "Print JSON.")
    .action((options: { pem?: boolean; json?: boolean }) => {
      const pair = keyPairOf(randomBytes(32));
      const signingKey = options.pem ? pair.signingKeyPem : pair.signingKey;
      const verificationKey = options.pem ? pair.verificationKeyPem : pair.verificationKey;
      if (options.json) return context.out(JSON.stringify({ signingKey, verificationKey }));
      context.err("The signing key is the scheduler's secret; endpoints get the verification key.");
      context.out(`DISPATCH_SIGNING_KEY=${assignable(signingKey)}`);
      context.out(`DISPATCH_VERIFICATION_KEY=${assignable(verificationKey)}`);
    });
  command
    .command("api")
    .description("Make a random key for clients of the Dispatch API.")
    .action(() => {
      context.err(
        "Add it to the service's DISPATCH_API_KEYS, and give it to the client as DISPATCH_API_KEY.",
      );
      context.out(`DISPATCH_API_KEY=${randomBytes(32).toString("base64url")}`);
    });
  command
    .command("state")
    .description("Make a key that encrypts the saved states of suspended functions.")
    .action(() => {
      context.err(
        "Give it to every machine that serves the functions; put it before the keys that are there.",
      );
      const id = randomBytes(4).toString("hex");
      context.out(`DISPATCH_STATE_KEYS=${id}:${randomBytes(32).toString("base64")}`);
    });
  return command;
}

/** As a line of an environment file: the line ends of PEM are written as \n, which every reader here undoes. */
function assignable(key: string): string {
  return key.includes("\n") ? `"${key.trim().replaceAll("\n", "\\n")}"` : key;
}
