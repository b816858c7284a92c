import type { BinaryReader } from '@bufbuild/protobuf/wire';

/** Reads the length of the message that begins here. */
export function messageEnd(reader: BinaryReader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new Error('premature EOF');
  return end;
}

/** Once all of a message is read. A field that ends beyond its message has eaten of what comes after. */
export function assertEnd(reader: BinaryReader, end: number): void {
  if (reader.pos !== end) throw new Error('a field is longer than its message');
}

/** A field of a newer specification has a number and no name, so that an event has no place for it. */
export function skipUnknown(reader: BinaryReader, tag: number): void {
  if (tag >>> 3 === 0) throw new Error('a field has the number 0');
  reader.skip(tag & 7, tag >>> 3);
}
