import { z } from 'zod';

/** The number of requests that meet the fault. If absent, every request does. */
const times = z.int().positive().optional();
const ms = z.int().nonnegative();
const afterChunks = z.int().nonnegative().optional();

/**
 * The faults that can be requested. Scenario files use these shapes, and the request header `x-fault` their short form
 * (see `fault-header.ts`).
 */
export const faultSchema = z.discriminatedUnion('fault', [
  z.strictObject({ fault: z.literal('rate-limit'), times, retryAfterMs: ms.optional() }),
  z.strictObject({ fault: z.literal('server-error'), times }),
  z.strictObject({
    fault: z.literal('http-error'),
    times,
    status: z.int().min(400).max(599),
    code: z.string().optional(),
    message: z.string().optional(),
  }),
  z.strictObject({ fault: z.literal('hang'), times }),
  z.strictObject({ fault: z.literal('cut'), times, afterChunks }),
  z.strictObject({ fault: z.literal('slow-first-chunk'), times, ms }),
  z.strictObject({ fault: z.literal('slow-chunk'), times, ms }),
  z.strictObject({ fault: z.literal('slow-body'), times, ms }),
  z.strictObject({ fault: z.literal('malformed-sse'), times, afterChunks }),
  z.strictObject({ fault: z.literal('error-event'), times, afterChunks }),
]);

export type Fault = z.infer<typeof faultSchema>;
export type FaultOf<Name extends Fault['fault']> = Extract<Fault, { fault: Name }>;

/** Returns the fault with that name; `undefined` if it is not in the list. */
export function faultNamed<Name extends Fault['fault']>(
  faults: readonly Fault[],
  name: Name,
): FaultOf<Name> | undefined {
  return faults.find((fault): fault is FaultOf<Name> => fault.fault === name);
}

/** Whether the fault replaces the reply. The others change how the reply is sent. */
export function replacesReply(fault: Fault): boolean {
  switch (fault.fault) {
    case 'rate-limit':
    case 'server-error':
    case 'http-error':
    case 'hang':
      return true;
    case 'cut':
      return !fault.afterChunks;
    default:
      return false;
  }
}
