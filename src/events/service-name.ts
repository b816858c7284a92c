import type { SpanSnapshot } from './span-snapshot.js';

const SERVICE_NAME = 'service.name';

/**
 * The service that a span belongs to.
 *
 * Read from the raw list where the SDK has one (2.x), because `attributes` logs an error while a resource detector,
 * such as the one for the host's id, has not answered yet; the name is there from the start.
 */
export function serviceName({ resource }: SpanSnapshot): string | undefined {
  const name: unknown =
    resource.getRawAttributes === undefined
      ? resource.attributes[SERVICE_NAME]
      : // As in the SDK, the first that is known counts.
        resource
          .getRawAttributes()
          .find(([key, value]) => key === SERVICE_NAME && typeof value === 'string')?.[1];
  return typeof name === 'string' ? name : undefined;
}
