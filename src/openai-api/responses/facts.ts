import { type JsonObject, presentMembers, toJsonValue } from '../../json/json.js';
import { asArray, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import type { Fact } from '../../signals/signal.js';
import { CONTENT_FILTER_POLICY, REFUSAL_POLICY, refused } from '../refusal.js';
import { isResponse } from './response.js';

/** Returns the stored data that the provider read for a response, and the answers that were refused or held back. */
export function responsesFacts(value: unknown): readonly Fact[] {
  if (!isResponse(value)) return [];
  const facts = asArray(value.output).filter(isRecord).flatMap(itemFacts);
  if (asRecord(value.incomplete_details)?.reason === CONTENT_FILTER_POLICY) {
    facts.push(refused(CONTENT_FILTER_POLICY));
  }
  return facts;
}

function itemFacts(item: UnknownRecord): Fact[] {
  switch (item.type) {
    case 'file_search_call':
      return [fileSearch(item)];
    case 'web_search_call':
      return [webSearch(item)];
    case 'code_interpreter_call':
      return [codeInterpreter(item)];
    case 'message':
      return asArray(item.content)
        .map((part) => asNonEmptyString(asRecord(part)?.refusal))
        .filter((refusal) => refusal !== undefined)
        .map((refusal) => refused(REFUSAL_POLICY, refusal));
    default:
      return [];
  }
}

function fileSearch(item: UnknownRecord): Fact {
  // Absent unless the request includes `file_search_call.results`.
  const results = asArray(item.results).filter(isRecord);
  return {
    type: 'data.access',
    datasource: 'file_search',
    documentIds: distinct(results.map(({ file_id }) => file_id)),
    metadata: callMetadata(item),
    content: {
      queries: texts(item.queries),
      ...(results.length > 0 && {
        results: results.map(({ file_id, filename, score, text }) =>
          presentMembers({ file_id, filename, score, text }),
        ),
      }),
    },
  };
}

function webSearch(item: UnknownRecord): Fact {
  const action = asRecord(item.action);
  const sources = asArray(action?.sources).map((source) => asRecord(source)?.url);
  return {
    type: 'data.access',
    datasource: 'web_search',
    documentIds: distinct([action?.url, ...sources]),
    metadata: callMetadata(item),
    ...(action !== undefined && { content: { action: toJsonValue(action) } }),
  };
}

function codeInterpreter(item: UnknownRecord): Fact {
  return {
    type: 'data.access',
    datasource: 'code_interpreter',
    documentIds: distinct([item.container_id]),
    metadata: callMetadata(item),
    content: presentMembers({ code: item.code, outputs: item.outputs }),
  };
}

function callMetadata({ id, status }: UnknownRecord): JsonObject {
  return presentMembers({ tool_call_id: asNonEmptyString(id), status: asNonEmptyString(status) });
}

function texts(value: unknown): string[] {
  return asArray(value).filter((item) => typeof item === 'string');
}

function distinct(values: readonly unknown[]): string[] {
  return [...new Set(values.map(asNonEmptyString).filter((value) => value !== undefined))];
}
