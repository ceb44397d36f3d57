/** Metrics whose value something else keeps: it is read when Prometheus asks. */
import { Counter, Gauge, type Registry } from "prom-client";

/** `undefined`: there is no value now. */
type Read = () => number | undefined;
type ReadEach = () => Iterable<readonly [label: string, value: number]>;

export const gauge = (registry: Registry, name: string, help: string, read: Read): void => {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      const value = read();
      if (value === undefined) this.remove();
      else this.set(value);
    },
  });
};

export const gauges = (registry: Registry, name: string, help: string, label: string, read: ReadEach): void => {
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [of, value] of read()) this.set({ [label]: of }, value);
    },
  });
};

/** A count that only grows, kept elsewhere. */
export const counter = (registry: Registry, name: string, help: string, read: () => number): void => {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
};

export const counters = (registry: Registry, name: string, help: string, label: string, read: ReadEach): void => {
  new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [of, value] of read()) this.inc({ [label]: of }, value);
    },
  });
};
