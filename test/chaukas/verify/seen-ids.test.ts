import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SeenIds } from '../../../src/chaukas/verify/seen-ids.js';

it('knows ids in any order, each once', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 2 })), (ids) => {
      const seen = new SeenIds();
      const set = new Set<string>(['']);
      for (const id of ids.filter((each) => each !== '')) {
        expect(seen.add(id)).toBe(!set.has(id));
        set.add(id);
      }
    }),
  );
});
