import { expect, test } from 'vitest';
import { BoundedMap } from '../../examples/model-server/bounded-map.js';

test('The oldest entry is forgotten, and a new value of an old key does not count as an entry', () => {
  const map = new BoundedMap<number>(2);
  const read = () => ['a', 'b', 'c'].map((key) => map.get(key));
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3);
  expect(read()).toEqual([3, 2, undefined]);
  map.set('c', 4);
  expect(read()).toEqual([undefined, 2, 4]);
  expect([map.delete('b'), map.delete('b')]).toEqual([true, false]);
  expect(read()).toEqual([undefined, undefined, 4]);
});
