/** A map that forgets what was put in first when it is full: what waits for something that may never come must not fill memory. */
export interface BoundedMap<Key, Value> {
  get(key: Key): Value | undefined;
  values(): Iterable<Value>;
  set(key: Key, value: Value): void;
  delete(key: Key): void;
}

export const createBoundedMap = <Key, Value>(max: number): BoundedMap<Key, Value> => {
  const map = new Map<Key, Value>();
  return {
    get: (key) => map.get(key),
    values: () => map.values(),
    set: (key, value) => {
      map.set(key, value);
      if (map.size > max) map.delete(map.keys().next().value as Key);
    },
    delete: (key) => void map.delete(key),
  };
};
