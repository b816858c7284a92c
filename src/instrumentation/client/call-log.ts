import type { Attributes, Context } from '@opentelemetry/api';
import * as semconv from '../../semconv/attributes.js';
import type { Failure } from '../../semconv/failure.js';
import type { ContentAttributes } from '../../semconv/messages.js';
import { INFERENCE_OPERATIONS } from '../../semconv/operations.js';
import { logContent, operationDetails } from '../../spans/content-attributes.js';
import type { ContentPolicy } from '../../spans/content-policy.js';
import { redactedFailure } from '../../spans/content-redaction.js';
import { operationException } from '../../spans/exception-record.js';
import type { Telemetry } from '../../spans/telemetry.js';

/**
 * The log records of one call, which repeat the attributes of its span. Made for a call that fails, or whose content goes
 * to log records; other calls have none.
 */
export class CallLog {
  requestContent: ContentAttributes | undefined;
  readonly #telemetry: Telemetry;
  readonly #operationName: string | undefined;
  readonly #content: ContentPolicy;
  readonly #attributes: Attributes;

  /** @param attributes - those of the span at its start. */
  constructor(
    telemetry: Telemetry,
    operationName: string | undefined,
    content: ContentPolicy,
    attributes: Attributes,
  ) {
    this.#telemetry = telemetry;
    this.#operationName = operationName;
    this.#content = content;
    this.#attributes = attributes;
  }

  /** Emits the record of a model call, if its content goes to records. */
  details(
    endAttributes: Attributes,
    outputContent: ContentAttributes | undefined,
    failure: Failure | undefined,
    context: Context,
  ): void {
    if (!this.#content.onEvent || !INFERENCE_OPERATIONS.has(this.#operationName ?? '')) return;
    const record = operationDetails(
      {
        ...this.#attributes,
        ...endAttributes,
        ...(failure !== undefined && { [semconv.ATTR_ERROR_TYPE]: failure.type }),
      },
      logContent({ ...this.requestContent, ...outputContent }, this.#content),
    );
    this.#telemetry.logger.emit({ ...record, context });
  }

  /** Emits the record of an error that the call threw, if it is an operation of the convention. */
  exception(error: unknown, failure: Failure, context: Context): void {
    if (this.#operationName === undefined) return;
    const shown = redactedFailure(failure, this.#content);
    const record = operationException(error, shown, this.#attributes, this.#content.onEvent);
    this.#telemetry.logger.emit({ ...record, context });
  }
}
