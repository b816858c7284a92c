/** Returns instructions that name the turn, for the model server, which keeps no state between requests. */
export function countingTurns(): () => string {
  let turn = 0;
  return () => {
    turn += 1;
    return `turn ${turn}`;
  };
}
