const actions = new Set<() => void>();
const runAll = () => {
  for (const action of actions) action();
};

/**
 * Runs an action when the process exits, before the `exit` listeners that are registered already: events that the
 * action makes must reach the queues before these write out.
 *
 * @returns the function that cancels the action.
 */
export function atProcessExit(action: () => void): () => void {
  // All actions share one listener, since Node warns of many.
  if (actions.size === 0) process.prependListener('exit', runAll);
  actions.add(action);
  return () => {
    actions.delete(action);
    if (actions.size === 0) process.off('exit', runAll);
  };
}
