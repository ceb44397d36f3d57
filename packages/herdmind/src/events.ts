/** Typed events. An exception in a user's handler reaches nobody else: it is logged and counted. */
export interface Emitter<Events extends object> {
  on<Name extends keyof Events>(name: Name, handler: (event: Events[Name]) => unknown): () => void;
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void;
  /** Whether anybody would hear it: an event that is costly to make need not be made. */
  listens(name: keyof Events): boolean;
  /** Exceptions of handlers so far, rejected promises included. */
  readonly errors: number;
}

export const createEmitter = <Events extends object>(
  onError: (name: keyof Events, error: unknown) => void,
): Emitter<Events> => {
  const handlersByName = new Map<keyof Events, Set<(event: never) => unknown>>();
  let errors = 0;
  const failed = (name: keyof Events, error: unknown): void => {
    errors += 1;
    onError(name, error);
  };
  return {
    on: (name, handler) => {
      const handlers = handlersByName.get(name) ?? new Set();
      handlersByName.set(name, handlers);
      handlers.add(handler as (event: never) => unknown);
      return () => handlers.delete(handler as (event: never) => unknown);
    },
    emit: (name, event) => {
      for (const handler of [...(handlersByName.get(name) ?? [])]) {
        try {
          const result = handler(event as never);
          if (result instanceof Promise) result.catch((error: unknown) => failed(name, error));
        } catch (error) {
          failed(name, error);
        }
      }
    },
    listens: (name) => (handlersByName.get(name)?.size ?? 0) > 0,
    get errors() {
      return errors;
    },
  };
};
