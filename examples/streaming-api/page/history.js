/** Earlier turns, from the items of a session in the Agents SDK's form. */

/**
 * Shows the items of a session as turns.
 *
 * @param {object[]} items
 * @param {string | undefined} runningInput - the message of a run that still goes on, which is shown from its stream.
 * @param {(input: string | undefined) => import('./turn-view.js').TurnView} beginTurn
 * @returns the last turn.
 */
export function showHistory(items, runningInput, beginTurn) {
  const lastUser = items.findLastIndex((item) => item.role === 'user');
  const isRunning =
    runningInput !== undefined && lastUser >= 0 && textOf(items[lastUser].content) === runningInput;
  let turn;
  for (const item of isRunning ? items.slice(0, lastUser) : items) {
    if (item.role === 'user') {
      turn?.showIfEmpty();
      turn = beginTurn(textOf(item.content));
    }
    if (item.role !== 'user' && item.role !== 'system') {
      turn ??= beginTurn(undefined);
      show(item, turn);
    }
  }
  turn?.showIfEmpty();
  return turn;
}

function show(item, turn) {
  if (item.role === 'assistant') turn.showText(textOf(item.content));
  if (item.type === 'reasoning')
    turn.show({ type: 'run_item', kind: 'reasoning', text: textOf(item.content) });
  if (item.type === 'function_call') {
    const { name, callId, arguments: input } = item;
    turn.show({ type: 'run_item', kind: 'tool_call', name, call_id: callId, arguments: input });
  }
  if (item.type === 'function_call_result' && !item.name?.startsWith('transfer_to_')) {
    const { name, callId, output } = item;
    turn.show({
      type: 'run_item',
      kind: 'tool_output',
      name,
      call_id: callId,
      output: output?.text ?? output,
    });
  }
}

function textOf(content) {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text ?? part.refusal ?? '').join('');
}
