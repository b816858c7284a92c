import { asArray } from '../../foreign/read.js';

/** The `stop` of a request: one text or a list of them. */
export function stopSequences(stop: unknown): string[] | undefined {
  const sequences = (typeof stop === 'string' ? [stop] : asArray(stop)).filter(
    (item) => typeof item === 'string',
  );
  return sequences.length > 0 ? sequences : undefined;
}
