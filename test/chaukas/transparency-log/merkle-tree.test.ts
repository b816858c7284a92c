import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  inclusionPath,
  isHashText,
  MerkleTree,
  rootOfPath,
} from '../../../src/chaukas/transparency-log/merkle-tree.js';
import { treeOf } from '../../harness/log-notes.js';

/** The leaves of the test data of certificate-transparency-go and transparency-dev/merkle, in hex. */
const CT_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];

/** The roots there of trees with 0, 1, 2 … leaves. */
const CT_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const hashes = Array.from({ length: 70 }, (_, index) =>
  sha256(Buffer.from(`event ${index}`)).toString('hex'),
);
const parts = new Map<string, Buffer>();
const sizes = Array.from({ length: 71 }, (_, size) => size);

describe('MerkleTree', () => {
  it.each(CT_ROOTS.map((root, size) => ({ root, size })))(
    'has the root of the public test data for $size leaves',
    ({ root, size }) => {
      expect(treeOf(CT_LEAVES.slice(0, size)).root()).toBe(toBase64(root));
    },
  );

  it('has the root that RFC 6962 defines recursively, for 0 to 70 leaves', () => {
    expect(sizes.map((size) => treeOf(hashes.slice(0, size)).root())).toEqual(
      sizes.map((size) => defined(hashes.slice(0, size)).toString('base64')),
    );
  });

  it('grows on from its subtrees and its size, from every size', () => {
    for (const size of sizes) {
      const before = treeOf(hashes.slice(0, size));
      const after = MerkleTree.of(size, before.subtrees());
      expect(after?.root()).toBe(before.root());
      for (const hash of hashes.slice(size)) after?.append(hash);
      expect(after?.size).toBe(70);
      expect(after?.root()).toBe(treeOf(hashes).root());
    }
  });

  it('has one subtree for each power of two in its size, the largest first', () => {
    const [first, second, third] = [hashes.slice(0, 4), hashes.slice(4, 6), hashes.slice(6, 7)];
    expect(treeOf(hashes.slice(0, 7)).subtrees()).toEqual(
      [first, second, third].map((leaves) => defined(leaves ?? []).toString('base64')),
    );
  });

  it('is copied with what it holds, and the copy grows alone', () => {
    const tree = treeOf(hashes.slice(0, 5));
    const copy = tree.copy();
    copy.append(hashes[5] ?? '');
    expect([tree.size, tree.root()]).toEqual([5, treeOf(hashes.slice(0, 5)).root()]);
    expect([copy.size, copy.root()]).toEqual([6, treeOf(hashes.slice(0, 6)).root()]);
  });

  it('does not change its root with the case of the hex digits', () => {
    expect(treeOf(hashes.map((hash) => hash.toUpperCase())).root()).toBe(treeOf(hashes).root());
  });

  it.each([
    ['too short by a digit', 'a'.repeat(63)],
    ['not hex', 'g'.repeat(64)],
    ['hex and then something else', `${'a'.repeat(62)}zz`],
    ['short and not hex', 'zz'],
  ])('refuses a leaf that is %s, and is as before', (_, leaf) => {
    const tree = treeOf(hashes.slice(0, 3));
    expect(() => tree.append(leaf)).toThrow(RangeError);
    expect([tree.size, tree.root()]).toEqual([3, treeOf(hashes.slice(0, 3)).root()]);
  });

  const three = treeOf(hashes.slice(0, 3)).subtrees();
  it.each<[what: string, size: number, subtrees: readonly string[]]>([
    ['a size that needs another number of subtrees', 4, three],
    ['no subtrees for a size', 1, []],
    ['a subtree for no size', 0, three.slice(0, 1)],
    ['a negative size', -1, three],
    ['a size with a fraction', 3.5, three],
    ['a size that a number cannot count', 2 ** 53, three.slice(0, 1)],
    ['a size that is not a number', Number.NaN, []],
    ['a subtree that is not base64', 3, [three[0] ?? '', '?'.repeat(44)]],
    ['a subtree that is too short', 3, [three[0] ?? '', 'AAAA']],
    ['a subtree in another base64 form', 3, [three[0] ?? '', `${'A'.repeat(42)}B=`]],
  ])('cannot go on from %s', (_, size, subtrees) => {
    expect(MerkleTree.of(size, subtrees)).toBeUndefined();
  });
});

describe('An inclusion path', () => {
  it('is that of the public test data', () => {
    expect(inclusionPath(CT_LEAVES, 5)).toEqual(
      [
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ].map(toBase64),
    );
  });

  it('is the one that RFC 6962 defines recursively, and leads to the root: for 1 to 70 leaves and every index', () => {
    for (const size of sizes.slice(1)) {
      const leaves = hashes.slice(0, size);
      const root = defined(leaves).toString('base64');
      leaves.forEach((leaf, index) => {
        const path = inclusionPath(leaves, index);
        expect(path).toEqual(definedPath(leaves, index).map((hash) => hash.toString('base64')));
        expect(rootOfPath(leaf, index, size, path)).toBe(root);
      });
    }
  });

  it('does not lead to the root from another leaf, index or size', () => {
    const root = treeOf(hashes).root();
    const path = inclusionPath(hashes, 41);
    const from = (leaf: number, index: number, size: number) =>
      rootOfPath(hashes[leaf] ?? '', index, size, path);
    expect(from(41, 41, 70)).toBe(root);
    expect(from(40, 41, 70)).not.toBe(root);
    for (const index of [0, 40, 42, 69]) expect(from(41, index, 70)).not.toBe(root);
    for (const size of [42, 63, 64]) expect(from(41, 41, size)).not.toBe(root);
  });

  const path = inclusionPath(hashes.slice(0, 7), 2);
  it.each<[what: string, index: number, size: number, path: readonly string[]]>([
    ['too short', 2, 7, path.slice(1)],
    ['too long', 2, 7, [...path, ...path]],
    ['empty', 2, 7, []],
    ['no hashes', 2, 7, path.map(() => 'hash')],
    ['for an index behind the end', 7, 7, path],
    ['for a negative index', -1, 7, path],
    ['for an empty tree', 0, 0, []],
    ['for a size with a fraction', 2, 7.5, path],
    ['for a size beyond what a number counts', 2, 2 ** 60, path],
  ])('that is %s leads nowhere', (_, index, size, given) => {
    expect(rootOfPath(hashes[2] ?? '', index, size, given)).toBeUndefined();
  });

  it('leads nowhere from what is not hex', () => {
    expect(rootOfPath('event', 0, 1, [])).toBeUndefined();
  });

  it.each([-1, 3, 1.5, Number.NaN])('is not there for index %s of three leaves', (index) => {
    expect(() => inclusionPath(hashes.slice(0, 3), index)).toThrow(RangeError);
  });
});

describe('isHashText', () => {
  it.each([
    ['a hash', sha256(Buffer.from('x')).toString('base64'), true],
    ['digits that no encoder writes', `${'A'.repeat(42)}B=`, false],
    ['base64url', `${'-'.repeat(42)}A=`, false],
    ['no padding', 'A'.repeat(43), false],
    ['a line more', `${'A'.repeat(43)}=\n`, false],
  ])('knows %s', (_, text, expected) => {
    expect(isHashText(text)).toBe(expected);
  });
});

/** MTH of section 2.1 of RFC 6962, word for word. Remembered, because the paths of all sizes ask for the same parts. */
function defined(leaves: readonly string[]): Buffer {
  const part = `${leaves[0]} ${leaves.length}`;
  const root = parts.get(part) ?? mth(leaves);
  parts.set(part, root);
  return root;
}

function mth(leaves: readonly string[]): Buffer {
  if (leaves.length === 0) return sha256(Buffer.alloc(0));
  if (leaves.length === 1) return sha256(Buffer.from([0]), Buffer.from(leaves[0] ?? '', 'hex'));
  const k = largestPowerBelow(leaves.length);
  return sha256(Buffer.from([1]), defined(leaves.slice(0, k)), defined(leaves.slice(k)));
}

/** PATH of section 2.1.1 of RFC 6962, word for word. */
function definedPath(leaves: readonly string[], index: number): Buffer[] {
  if (leaves.length === 1) return [];
  const k = largestPowerBelow(leaves.length);
  return index < k
    ? [...definedPath(leaves.slice(0, k), index), defined(leaves.slice(k))]
    : [...definedPath(leaves.slice(k), index - k), defined(leaves.slice(0, k))];
}

function largestPowerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

function toBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
