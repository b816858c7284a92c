import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { PACKAGE_MARKS } from '../../src/instrumentation/package-marks.js';

const ENTRY = fileURLToPath(new URL('../../src/index.ts', import.meta.url));

async function bundled(external: string[]): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import 'openai'; import '@openai/agents-core'; import * as ours from ${JSON.stringify(ENTRY)}; console.log(ours);`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    write: false,
    external,
  });
  return outputFiles.map(({ text }) => text).join('');
}

describe.each(PACKAGE_MARKS)('The mark of $name', ({ name, text, file }) => {
  test('is in a bundle with the package', async () => {
    expect(await bundled([])).toContain(text);
  });

  test('is not in a bundle with this package alone', async () => {
    const bundle = await bundled(['openai', '@openai/agents-core']);
    expect(bundle).toContain('OpenAIAgentsInstrumentation');
    expect(bundle).not.toContain(text);
  });

  test('names a file that loads the package', () => {
    const path = fileURLToPath(import.meta.resolve(name)).replace(/index\.m?js$/, (entry) =>
      name === 'openai' ? entry.replace('index', 'client') : entry,
    );
    expect(path).toMatch(file);
    expect(readFileSync(path, 'utf8')).not.toBe('');
  });
});
