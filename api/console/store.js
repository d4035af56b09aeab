/**
 * One observable value, and the hook by which views read it.
 *
 * Contract: the value is replaced, never changed in place; whoever listens is told after each replacement.
 */

import { useLayoutEffect, useState } from "./htm_preact.js";

/**
 * @template T
 * @param {T} initial
 * @returns {{get: () => T, set: (patch: Partial<T>) => void, listen: (listener: () => void) => () => void}}
 */
export function createStore(initial) {
  let value = initial;
  const listeners = new Set();
  return {
    get: () => value,
    set(patch) {
      value = { ...value, ...patch };
      for (const listener of [...listeners]) listener();
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * The store's value in a view, which is drawn again when it is replaced.
 * @template T
 * @param {{get: () => T, listen: (listener: () => void) => () => void}} store
 * @returns {T}
 */
export function useStore(store) {
  const [value, setValue] = useState(store.get());
  useLayoutEffect(() => {
    const read = () => setValue(store.get());
    read();
    return store.listen(read);
  }, [store]);
  return value;
}
