/** What the command ends with; scripts rely on them. Documented in docs/reference/command.md. */
export const EXIT = {
  ok: 0,
  /** The call failed, or the service could not start or had to cut runs off. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** No service answers at the URL. */
  unreachable: 3,
  /** `serve` ended by a second signal, `call` by the first: 128 and its number. */
  signal: (number: number) => 128 + number,
} as const;
