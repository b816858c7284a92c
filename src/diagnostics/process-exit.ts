const actions = new Set<() => void>();
const runAll = () => {
  for (const action of actions) action();
};

/**
 * Has something done when the process exits, before the listeners that are there already: events that are made then
 * must come before the queues write out what they hold.
 *
 * @returns the function that takes it back.
 */
export function atProcessExit(action: () => void): () => void {
  // One listener for all: Node warns of many.
  if (actions.size === 0) process.prependListener('exit', runAll);
  actions.add(action);
  return () => {
    actions.delete(action);
    if (actions.size === 0) process.off('exit', runAll);
  };
}
