import { z } from 'zod';

/** The endpoints that a batch can call. */
export const BATCH_ENDPOINTS = [
  '/v1/responses',
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/moderations',
] as const;
export type BatchEndpoint = (typeof BATCH_ENDPOINTS)[number];

/** The largest number of lines in a batch's file; OpenAI's is 50,000. */
export const MAX_LINES = 1_000;
/** The API reports no more problems than these. */
const MAX_PROBLEMS = 100;

const lineSchema = z.looseObject({
  custom_id: z.string().min(1),
  method: z.literal('POST'),
  url: z.string(),
  body: z.looseObject({ model: z.string().optional(), stream: z.boolean().nullish() }),
});
export type BatchLine = z.infer<typeof lineSchema>;

/** A fault in a batch's file. `line` counts from 1. */
export interface BatchProblem {
  readonly code: string;
  readonly message: string;
  readonly line: number | null;
  readonly param: string | null;
}

export interface CheckedLines {
  readonly lines: readonly BatchLine[];
  readonly problems: readonly BatchProblem[];
}

/** Reads the lines of a batch's file, and finds what the API would reject before it runs any of them. */
export function checkLines(text: string, endpoint: BatchEndpoint): CheckedLines {
  const lines: BatchLine[] = [];
  const problems: BatchProblem[] = [];
  const ids = new Set<string>();
  for (const [index, raw] of text.split('\n').entries()) {
    if (raw.trim() === '') continue;
    const { line, problem = line && problemOf(line, endpoint, ids, lines[0]) } = readLine(raw);
    if (problem) problems.push({ param: null, ...problem, line: index + 1 });
    else if (line) lines.push(line);
    if (problems.length === MAX_PROBLEMS) break;
    if (lines.length > MAX_LINES) {
      const message = `The batch has more than ${MAX_LINES} requests.`;
      return { lines: [], problems: [{ code: 'too_many_requests', message, line: null, param: null }] };
    }
  }
  if (lines.length === 0 && problems.length === 0) {
    problems.push({ code: 'empty_file', message: 'The batch file is empty.', line: null, param: null });
  }
  return { lines, problems };
}

type Finding = Pick<BatchProblem, 'code' | 'message'> & Partial<Pick<BatchProblem, 'param'>>;

function readLine(raw: string): { readonly line?: BatchLine; readonly problem?: Finding } {
  let json: unknown;
  try {
    json = JSON.parse(raw);
  } catch {
    return {
      problem: { code: 'invalid_json_line', message: 'This line is not parseable as valid JSON.' },
    };
  }
  const parsed = z.safeParse(lineSchema, json);
  if (parsed.success) return { line: parsed.data };
  const [issue] = parsed.error.issues;
  const param = issue?.path.join('.') ?? '';
  const missing = issue?.message.endsWith('received undefined') === true;
  return {
    problem: missing
      ? { code: 'missing_required_parameter', message: `Missing required parameter: '${param}'.`, param }
      : { code: 'invalid_value', message: `Invalid value for '${param}': ${issue?.message}`, param },
  };
}

function problemOf(
  line: BatchLine,
  endpoint: BatchEndpoint,
  ids: Set<string>,
  first: BatchLine | undefined,
): Finding | undefined {
  if (line.url !== endpoint) {
    const message = 'The URL provided for this request does not match the batch endpoint.';
    return { code: 'invalid_url', message, param: 'url' };
  }
  if (ids.has(line.custom_id)) {
    const message =
      'The custom_id for this request is a duplicate of another request. The custom_id parameter must be unique ' +
      'for each request in a batch.';
    return { code: 'duplicate_custom_id', message, param: 'custom_id' };
  }
  ids.add(line.custom_id);
  if (line.body.stream === true) {
    const message = 'Streaming is not supported in a batch.';
    return { code: 'invalid_value', message, param: 'body.stream' };
  }
  if (first !== undefined && first.body.model !== line.body.model) {
    const message = 'The model of this request differs from that of the first request in the batch.';
    return { code: 'mismatched_model', message, param: 'body.model' };
  }
  return undefined;
}
