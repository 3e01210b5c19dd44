/** Answers on their way to the front: grouped by turns of the event loop. */
import type { MessagePort } from "node:worker_threads";
import { type Answer, AnswerBatch } from "../src/pool/protocol.ts";

export class Answers {
  readonly #port: MessagePort;
  readonly #batch = new AnswerBatch();
  /** Somebody has promised to send what there is at the end of this turn. */
  #promised = false;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** Sent at the end of this turn, unless somebody takes it along before. */
  add(answer: Answer): void {
    this.#batch.add(answer);
    if (this.#promised) return;
    this.#promised = true;
    setImmediate(() => {
      this.#promised = false;
      this.send();
    });
  }

  send(): void {
    if (this.#batch.size > 0) this.#port.postMessage(this.#batch.take());
  }

  take(): Uint8Array | undefined {
    return this.#batch.size > 0 ? this.#batch.take() : undefined;
  }
}
