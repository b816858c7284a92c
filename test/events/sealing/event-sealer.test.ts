import { generateKeyPairSync } from 'node:crypto';
import { diag } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import type { UnsealedEvent } from '../../../src/chaukas/event.js';
import { Guard } from '../../../src/diagnostics/guard.js';
import { SignedCheckpoints } from '../../../src/events/sealing/checkpoints.js';
import { EventSealer } from '../../../src/events/sealing/event-sealer.js';
import { newEventId } from '../../../src/ids.js';
import type { JsonObject } from '../../../src/json/json.js';

it.each([1, 2, 3, 10])('EventSealer seals events in the order of their ids if %i may wait', (maxPending) => {
  const guard = new Guard(diag);
  const sealed: string[] = [];
  const checkpoints = new SignedCheckpoints(
    { key: generateKeyPairSync('ed25519').privateKey, maxEvents: 1, anchor: false },
    'checkpoints-1',
    (metadata) => sealer.add(event(metadata)),
    guard,
  );
  const sealer: EventSealer = new EventSealer({
    streamId: 'checkpoints-1',
    maxPending,
    earlierEvents: () => ({ chainHeads: new Map(), streams: [] }),
    redact: (unredacted) => unredacted,
    requestHistory: undefined,
    checkpoints,
    deliver: ({ event: { event_id } }) => sealed.push(event_id),
    guard,
  });
  for (let index = 0; index < 20; index += 1) sealer.add(event({ index }));
  sealer.sealAll();
  expect(sealed).toEqual([...sealed].sort());
  expect(sealed).toHaveLength(20 + checkpoints.made);
  expect([guard.faults, sealer.lost]).toEqual([0, 0]);
});

function event(metadata: JsonObject): UnsealedEvent {
  return {
    event_id: newEventId(),
    session_id: 'checkpoints-1',
    type: 'EVENT_TYPE_SYSTEM',
    metadata,
  } as unknown as UnsealedEvent;
}
