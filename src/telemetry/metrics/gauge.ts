import { Gauge, type Registry } from "prom-client";

/** A gauge without labels that is read when it is scraped. */
export function gauge(
  registry: Registry,
  name: string,
  help: string,
  read: (set: (value: number) => void) => void,
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      read((value) => this.set(value));
    },
  });
}
