/** The jars of a Kafka broker, fetched once by Maven into `.cache/`. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const manifest = fileURLToPath(new URL('pom.xml', import.meta.url));
const cache = fileURLToPath(new URL('../../.cache/kafka', import.meta.url));

/**
 * Returns the folder with the jars. They are fetched into a folder of this process and renamed at the end, so that the
 * folder is complete whatever interrupts this.
 *
 * @throws Error - with the output of Maven, or that it is missing.
 */
export function installKafka(): string {
  // The hash is part of the name, so that a changed manifest counts as not installed yet.
  const hash = createHash('sha256').update(readFileSync(manifest)).digest('hex').slice(0, 8);
  const jars = path.join(cache, `jars-${hash}`);
  if (existsSync(jars)) return jars;
  const folder = path.join(cache, `installing-${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    cpSync(manifest, path.join(folder, 'pom.xml'));
    const { error, status, stdout, stderr } = spawnSync(
      'mvn',
      ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib'],
      { cwd: folder, encoding: 'utf8' },
    );
    if (error !== undefined) {
      throw new Error(
        `Kafka is fetched by Maven, and \`mvn\` did not start (${error.message}): install Maven and Java 17 or newer, ` +
          'or set KAFKA_BOOTSTRAP to the address of a broker.',
      );
    }
    if (status !== 0) throw new Error(`\`mvn\` ended with ${status}:\n${stdout}${stderr}`);
    if (!existsSync(jars)) renameSync(path.join(folder, 'lib'), jars);
    return jars;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
