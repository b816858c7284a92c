/** The program that `exportAtExit` runs: exports the spans in its standard input. */
import { createRequire } from 'node:module';
import { buffer } from 'node:stream/consumers';
import { deserialize } from 'node:v8';
import type { SdkSpanExporter } from './opentelemetry-sdk.js';
import { fromTransferred, type TransferredSpans } from './span-transfer.js';

const [, , file = '', exportName = ''] = process.argv;
const spans = fromTransferred(deserialize(await buffer(process.stdin)) as TransferredSpans);
const exporters = createRequire(file)(file) as Record<string, new () => SdkSpanExporter>;
const Exporter = exporters[exportName];
if (Exporter === undefined) throw new TypeError(`${file} has no ${exportName}`);
const exporter = new Exporter();
const failed = await new Promise<boolean>((resolve) => {
  exporter.export(spans, ({ code }) => resolve(code !== 0));
});
await exporter.shutdown();
process.exitCode = failed ? 1 : 0;
