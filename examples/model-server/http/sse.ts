/** One server-sent event; `data` is sent as JSON, unless it is a string such as `[DONE]`. */
export interface SseEvent {
  readonly event?: string;
  readonly data: object | string;
}

export function sseFrame({ event, data }: SseEvent): string {
  const payload = typeof data === 'string' ? data : JSON.stringify(data);
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${payload}\n\n`;
}

/** Makes one frame at a time, when the connection can take the next. */
export function* sseFrames(events: Iterable<SseEvent>): Generator<string, void, void> {
  for (const event of events) yield sseFrame(event);
}
