/** The model calls of the session that the application opened around the current code, carried in OpenTelemetry's context. */
import { type Attributes, type Context, createContextKey } from '@opentelemetry/api';
import { MODEL_OPERATIONS, OPERATION_INVOKE_AGENT } from '../semconv/operations.js';
import { PACKAGE_NAME } from '../version.js';
import { ConversationContent } from './conversation-content.js';
import type { ModelCallEnd } from './model-span-slot.js';
import { UsageSum } from './usage-sum.js';

const SESSION_CALLS_KEY = createContextKey(`${PACKAGE_NAME} session calls`);

/** The facts about model calls that the span of their session shows. */
export class SessionCalls {
  readonly usage = new UsageSum();
  #content: ConversationContent | undefined = new ConversationContent();

  add({ response, content }: Pick<ModelCallEnd, 'response' | 'content'>): void {
    this.usage.add(response?.usage);
    this.#content?.add(content);
  }

  /** Returns the attributes of the session's span, and lets the conversation go: calls may outlive their session. */
  close(): Attributes {
    const attributes = { ...this.usage.attributes(), ...this.#content?.ofWorkflow };
    this.#content = undefined;
    return attributes;
  }
}

/** Operations whose tokens and answer are their own; those of a stored response are an earlier call's. */
const CALLS: ReadonlySet<string> = new Set([...MODEL_OPERATIONS, OPERATION_INVOKE_AGENT]);

/** @returns the session that an operation of a client adds to; `undefined` if there is none. */
export function sessionOfCall(
  { operationName }: { readonly operationName?: string | undefined },
  context: Context,
): SessionCalls | undefined {
  return operationName !== undefined && CALLS.has(operationName) ? getSessionCalls(context) : undefined;
}

export function withSessionCalls(context: Context, calls: SessionCalls): Context {
  return context.setValue(SESSION_CALLS_KEY, calls);
}

export function getSessionCalls(context: Context): SessionCalls | undefined {
  return context.getValue(SESSION_CALLS_KEY) as SessionCalls | undefined;
}
