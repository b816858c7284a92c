import type { Attributes } from '@opentelemetry/api';
import * as semconv from '../semconv/attributes.js';

/** Attributes of a model call that say what an agent was given. */
const GIVEN = [
  semconv.ATTR_GEN_AI_INPUT_MESSAGES,
  semconv.ATTR_GEN_AI_SYSTEM_INSTRUCTIONS,
  semconv.ATTR_GEN_AI_TOOL_DEFINITIONS,
] as const;

/**
 * The content of an agent or a workflow, which is that of its model calls: it was given what its first call sent, and its
 * answer is that of its last call. The texts are those on the spans of the calls, so nothing is serialised again.
 */
export class ConversationContent {
  #given: Attributes | undefined;
  #answer: Attributes[string];

  /** @param content - the content attributes of a model call; `undefined` if its span carries none. */
  add(content: Attributes | undefined): void {
    if (content === undefined) return;
    this.#given ??= Object.fromEntries(GIVEN.map((name) => [name, content[name]]));
    this.#answer = content[semconv.ATTR_GEN_AI_OUTPUT_MESSAGES];
  }

  /** The attributes of an agent. */
  get ofAgent(): Attributes {
    return { ...this.#given, [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: this.#answer };
  }

  /** The attributes of a workflow, which has no instructions and tools of its own. */
  get ofWorkflow(): Attributes {
    return {
      [semconv.ATTR_GEN_AI_INPUT_MESSAGES]: this.#given?.[semconv.ATTR_GEN_AI_INPUT_MESSAGES],
      [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: this.#answer,
    };
  }
}
