/** A streamed run of any agent. */
interface StreamedRun extends AsyncIterable<unknown> {
  readonly completed: Promise<void>;
}

/** Reads a stream to its end. */
export async function readStream<T extends StreamedRun>(stream: T): Promise<T> {
  for await (const _event of stream) {
    // The run goes on as it is read.
  }
  await stream.completed;
  return stream;
}
