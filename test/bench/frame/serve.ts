/** The child's side: functions that the bench may call, and events that it is told of. */
interface Call {
  readonly id: number;
  readonly name: string;
  readonly args: readonly never[];
}

/** Answers calls until the bench goes away. */
export const serve = (functions: { readonly [name: string]: (...args: never[]) => unknown }): void => {
  // Ctrl-C goes to the whole group; the bench decides when its children end.
  process.on("SIGINT", () => undefined);
  process.on("disconnect", () => process.exit());
  process.on("message", async ({ id, name, args }: Call) => {
    try {
      const called = functions[name];
      if (called === undefined) throw new Error(`there is no function ${name}`);
      process.send?.({ id, value: await called(...args) });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
};

export const tell = (event: unknown): void => {
  process.send?.({ event });
};

/** Milliseconds on a clock that all processes of a machine share. */
export const sharedNow = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Bytes in use after garbage was collected; needs `--expose-gc`. */
export const heapUsed = async (): Promise<number> => {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("start this process with --expose-gc");
  for (let i = 0; i < 4; i++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed: heap, external } = process.memoryUsage();
  return heap + external;
};
