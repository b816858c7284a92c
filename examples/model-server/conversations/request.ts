import { z } from 'zod';
import { checkBody } from '../check-body.js';

const itemSchema = z.looseObject({
  id: z.string().optional(),
  type: z.string().optional(),
  role: z.string().optional(),
  content: z.unknown().optional(),
});
const metadata = z.record(z.string(), z.string()).nullish();

const creationSchema = z.looseObject({ items: z.array(itemSchema).max(20).nullish(), metadata });
const updateSchema = z.looseObject({ metadata });
const additionSchema = z.looseObject({ items: z.array(itemSchema).min(1).max(20) });
const listingSchema = z.looseObject({
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100).optional(),
  order: z.enum(['asc', 'desc']).optional(),
});

/** An item as it is kept, with the members that a client may omit from a message. */
export interface SentItem {
  readonly id?: string | undefined;
  readonly type: string;
  readonly [member: string]: unknown;
}

export function readCreation(body: unknown): { items: SentItem[]; metadata: Record<string, string> } {
  const { items, metadata } = checkBody(creationSchema, body ?? {});
  return { items: (items ?? []).map(completed), metadata: metadata ?? {} };
}

export function readUpdate(body: unknown): Record<string, string> {
  return checkBody(updateSchema, body).metadata ?? {};
}

export function readAddition(body: unknown): SentItem[] {
  return checkBody(additionSchema, body).items.map(completed);
}

export interface Listing {
  readonly after: string | undefined;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
}

export function readListing(query: unknown): Listing {
  const { after, limit = 20, order = 'desc' } = checkBody(listingSchema, query);
  return { after, limit, order };
}

function completed(item: z.infer<typeof itemSchema>): SentItem {
  const type = item.type ?? 'message';
  if (type !== 'message') return { ...item, type };
  const textType = item.role === 'assistant' ? 'output_text' : 'input_text';
  const content = typeof item.content === 'string' ? [{ type: textType, text: item.content }] : item.content;
  return { ...item, type, status: 'completed', content };
}
