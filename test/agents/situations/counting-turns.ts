/** Instructions that say which turn it is: the model server answers by what it is told, and remembers nothing. */
export function countingTurns(): () => string {
  let turn = 0;
  return () => {
    turn += 1;
    return `turn ${turn}`;
  };
}
