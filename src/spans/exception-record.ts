/** The log record of an error that was thrown, and what it may read from the error. */
import { types } from 'node:util';
import type { Attributes } from '@opentelemetry/api';
import type { LogRecord } from '@opentelemetry/api-logs';
import { isRecord } from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import { className, type Failure, MAX_TYPE_LENGTH, masked } from '../semconv/failure.js';
import { definedAttributes } from './content-attributes.js';

/** The convention's log record of an error that was thrown, with `SeverityNumber.WARN`. */
const OPERATION_EXCEPTION = {
  eventName: 'gen_ai.client.operation.exception',
  severityNumber: 13,
} as const;

/**
 * The log record of an error that a client operation threw.
 *
 * @param attributes - the attributes of the span at its start, without content.
 * @param withMessage - whether the error's message may stand in it, since a server may repeat the conversation there.
 */
export function operationException(
  error: unknown,
  { message }: Failure,
  attributes: Attributes,
  withMessage: boolean,
): LogRecord {
  return {
    ...OPERATION_EXCEPTION,
    attributes: definedAttributes({
      ...attributes,
      [semconv.ATTR_EXCEPTION_TYPE]: exceptionType(error),
      [semconv.ATTR_EXCEPTION_MESSAGE]: withMessage ? message : undefined,
      [semconv.ATTR_EXCEPTION_STACKTRACE]: stackFrames(error),
    }),
  };
}

/** The class of an error. Never throws. */
function exceptionType(error: unknown): string {
  try {
    return isRecord(error) ? masked(className(error), MAX_TYPE_LENGTH) : typeof error;
  } catch {
    return semconv.ERROR_TYPE_OTHER;
  }
}

const MAX_STACK_LENGTH = 8192;
/** The name of Node's own `Error.prepareStackTrace`, which 20.20 and later set. */
const NODE_PREPARE = 'ErrorPrepareStackTrace';

/**
 * The frames of an error's stack, without its message. `undefined` if reading the stack could run code of the
 * application: a getter, or its own `Error.prepareStackTrace`, which V8 calls when a stack is first read.
 */
function stackFrames(error: unknown): string | undefined {
  const prepare = ownDataValue(Error, 'prepareStackTrace');
  if (
    !types.isNativeError(error) ||
    (prepare !== undefined && ownDataValue(prepare, 'name') !== NODE_PREPARE)
  ) {
    return undefined;
  }
  const stack = ownStack(error);
  const message = ownDataValue(error, 'message');
  if (typeof stack !== 'string' || typeof message !== 'string') return undefined;
  const start = stack.indexOf(message);
  if (start < 0) return undefined;
  const frames = stack
    .slice(start + message.length)
    .split('\n')
    .filter((line) => /^ {4}at /.test(line));
  return frames.length === 0 ? undefined : masked(frames.join('\n'), MAX_STACK_LENGTH);
}

/** V8's own getter of the stack: from Node 22 on, the stack of an error is an accessor. */
const NATIVE_STACK_GETTER = Object.getOwnPropertyDescriptor(new Error(), 'stack')?.get;

function ownStack(error: Error): unknown {
  const stack = Object.getOwnPropertyDescriptor(error, 'stack');
  if (stack?.get === undefined) return stack?.value;
  return stack.get === NATIVE_STACK_GETTER ? Reflect.apply(stack.get, error, []) : undefined;
}

function ownDataValue(value: unknown, name: string): unknown {
  const holder = typeof value === 'object' || typeof value === 'function' ? value : undefined;
  return holder ? Object.getOwnPropertyDescriptor(holder, name)?.value : undefined;
}
