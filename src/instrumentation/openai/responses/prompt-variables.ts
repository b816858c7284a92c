import { toJsonValue } from '../../../foreign/json.js';
import { type ForeignRecord, ownMembers } from '../../../foreign/read.js';
import { ATTR_GEN_AI_PROMPT_VARIABLE } from '../../../semconv/attributes.js';
import type { ContentAttributes } from '../../content-attributes.js';

/** What a prompt template is filled with. The convention has texts only; a picture or file stands as its JSON. */
export function promptVariables(request: ForeignRecord): ContentAttributes {
  const variables = ownMembers(ownMembers(request.prompt).variables);
  return Object.fromEntries(
    Object.entries(variables)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [
        ATTR_GEN_AI_PROMPT_VARIABLE + name,
        typeof value === 'string' ? value : JSON.stringify(toJsonValue(value)),
      ]),
  );
}
