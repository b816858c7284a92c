import { describe, expect, it } from 'vitest';
import { BoundedMap } from '../src/bounded-map.js';

function mapOf(maxSize: number, keys: string) {
  const evicted: string[] = [];
  const map = new BoundedMap<string, string>(maxSize, (value) => evicted.push(value));
  for (const key of keys) map.set(key, key.toUpperCase());
  return { map, evicted, values: () => map.removeAll().join('') };
}

describe('A bounded map', () => {
  it('evicts the oldest entry when it is full', () => {
    const { evicted, values } = mapOf(2, 'abcd');
    expect(evicted).toEqual(['A', 'B']);
    expect(values()).toBe('DC');
  });

  it('makes an entry the newest one when its key is set again, and evicts the former value', () => {
    const { map, evicted, values } = mapOf(2, 'ab');
    map.set('a', 'new');
    map.set('c', 'C');
    expect(evicted).toEqual(['A', 'B']);
    expect(map.newestFirst()).toEqual(['C', 'new']);
    expect(values()).toBe('Cnew');
  });

  it('hands out a removed entry once and does not evict it', () => {
    const { map, evicted } = mapOf(2, 'ab');
    expect([map.remove('a'), map.remove('a'), map.size]).toEqual(['A', undefined, 1]);
    map.set('c', 'C');
    expect(evicted).toEqual([]);
  });

  it('has removed an entry before it reports the eviction', () => {
    const seen: (string | undefined)[] = [];
    const map: BoundedMap<string, string> = new BoundedMap(1, () => seen.push(map.get('a'), map.get('b')));
    map.set('a', 'A');
    map.set('b', 'B');
    expect(seen).toEqual([undefined, 'B']);
  });

  it('hands out all entries, newest first, and is then empty', () => {
    const { map, evicted } = mapOf(2, 'ab');
    expect(map.removeAll()).toEqual(['B', 'A']);
    expect([map.size, map.newestFirst(), map.get('b')]).toEqual([0, [], undefined]);
    expect(evicted).toEqual([]);
  });

  it('evicts by age among entries that were removed, set again and cleared in between', () => {
    const { map, evicted } = mapOf(3, 'abc');
    map.set('d', 'D'); // evicts a
    map.remove('b');
    map.set('c', 'C again');
    map.set('e', 'E');
    map.set('f', 'F'); // evicts d, which is older than the new c
    expect(evicted).toEqual(['A', 'C', 'D']);
    map.removeAll();
    for (const key of 'ghij') map.set(key, key);
    expect(evicted).toEqual(['A', 'C', 'D', 'g']);
    map.evict();
    map.evict();
    map.evict();
    map.evict();
    map.set('k', 'k');
    map.evict();
    expect(evicted.slice(4)).toEqual(['h', 'i', 'j', 'k']);
  });
});
