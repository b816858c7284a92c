/**
 * The whole pipeline, started by one script: a Kafka broker, two tenants' support desks under load, a consumer that
 * verifies and one that writes a lake; then the queries of the lake.
 *
 *     npm run example:event-pipeline
 *
 * With KAFKA_BOOTSTRAP it uses that broker. CUSTOMERS and AT_ONCE set the load of each tenant.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startKafka } from '../../scripts/kafka/broker.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const output = path.resolve(process.env.PIPELINE_OUTPUT ?? 'demo-output/event-pipeline');
const PARTITIONS = 6;
const TENANTS = ['shop-a', 'shop-b'];

if (!existsSync(path.join(here, 'lake/node_modules'))) {
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: path.join(here, 'lake'), stdio: 'inherit' });
}
rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const keys = writeKeys();

const kafka = await startKafka({ label: 'event-pipeline' });
const children: ChildProcess[] = [];
try {
  const topic = `agent-events-${Date.now()}`;
  await kafka.createTopic(topic, { partitions: PARTITIONS });
  const env = {
    KAFKA_BOOTSTRAP: kafka.bootstrap,
    EVENTS_TOPIC: topic,
    AUDIT_PUBLIC_KEY: keys.publicKey,
    LAKE_FOLDER: path.join(output, 'lake'),
    // The events come from the same spans, whether these are exported or not.
    OTEL_TRACES_EXPORTER: 'none',
  };
  const consumers = ['verifier.ts', 'lake/parquet-writer.ts'].map((file) => start(file, env));
  await Promise.all(consumers.map((consumer) => once(consumer, 'message')));

  const producers = TENANTS.map((tenant) =>
    start(
      'producer.ts',
      { ...env, TENANT: tenant, AUDIT_KEY: keys.privateKey, SPOOL_DIRECTORY: path.join(output, 'spool') },
      ['--import', path.join(here, 'telemetry.ts')],
    ),
  );
  await Promise.all(producers.map(ended));
  for (const consumer of consumers) consumer.send('finish');
  await Promise.all(consumers.map(ended));
  await ended(start('lake/query.ts', env));
  console.log(`\nThe lake is in ${env.LAKE_FOLDER}`);
} finally {
  for (const child of children) child.kill();
  await kafka.stop();
}

/** Writes the key that signs the checkpoints, and the one that verifies them, and returns their paths. */
function writeKeys(): { readonly privateKey: string; readonly publicKey: string } {
  const pair = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const privateKey = path.join(output, 'audit-key.pem');
  const publicKey = path.join(output, 'audit-key.pub.pem');
  writeFileSync(privateKey, pair.privateKey, { mode: 0o600 });
  writeFileSync(publicKey, pair.publicKey);
  return { privateKey, publicKey };
}

function start(file: string, env: Record<string, string>, imports: readonly string[] = []): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', ...imports, path.join(here, file)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  children.push(child);
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  const code = child.exitCode ?? (await once(child, 'exit'))[0];
  if (code !== 0) throw new Error(`${child.spawnargs.at(-1)} ended with ${code}`);
}
