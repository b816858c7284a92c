import { z } from 'zod';
import { invalidRequest } from '../api-error.js';
import { checkBody } from '../check-body.js';
import { answerJson } from '../http/answer.js';
import { jsonBody } from '../http/environment.js';
import type { UnscriptedApi } from '../unscripted-call.js';

const requestSchema = z.looseObject({
  query: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  max_num_results: z.int().min(1).max(50).optional(),
});

type SearchRequest = z.infer<typeof requestSchema>;

/** The files in every store, best first. Filters and the query have no effect. */
const FOUND = [
  {
    file_id: 'file-refunds',
    filename: 'refunds.md',
    score: 0.92,
    attributes: { topic: 'refunds', year: 2026 },
    content: [{ type: 'text', text: 'Delivered orders can be returned within 30 days.' }],
  },
  {
    file_id: 'file-shipping',
    filename: 'shipping.md',
    score: 0.71,
    attributes: { topic: 'shipping', year: 2025 },
    content: [{ type: 'text', text: 'Orders leave the house within two days.' }],
  },
  {
    file_id: 'file-about',
    filename: 'about.md',
    score: 0.38,
    attributes: null,
    content: [{ type: 'text', text: 'The shop has been there since 1998.' }],
  },
];

const DEFAULT_MAX = 10;

/** `POST /v1/vector_stores/{id}/search`. Every store whose id looks like one exists. */
export const searchVectorStore: UnscriptedApi<SearchRequest> = {
  name: 'vector_stores.search',
  read(c) {
    const id = c.req.param('id') ?? '';
    if (!id.startsWith('vs_')) {
      throw invalidRequest(`Vector store with id '${id}' not found.`, { param: 'vector_store_id' }, 404);
    }
    return checkBody(requestSchema, jsonBody(c));
  },
  answer: (c, request, faults) => answerJson(c, page(request), faults),
};

function page({ query, max_num_results: max = DEFAULT_MAX }: SearchRequest): object {
  return {
    object: 'vector_store.search_results.page',
    search_query: Array.isArray(query) ? query : [query],
    data: FOUND.slice(0, max),
    has_more: false,
    next_page: null,
  };
}
