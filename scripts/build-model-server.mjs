// Puts the model server of examples/ into one file with the packages that it is made with, so that it ships without
// making them dependencies of this package.
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

/** The packages in the file. Their licence (MIT) asks for its text beside the code. */
const BUNDLED = ['@hono/node-server', 'hono', 'zod'];

/** zod has its messages in fifty languages, which is half of its code. The server uses the English ones. */
const WITHOUT_LOCALES = {
  name: 'without locales',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({ contents: '' }));
  },
};

/**
 * Writes dist/testing/model-server-bundle.cjs, and the scenarios beside it.
 *
 * @param {string} root - the folder of the repository.
 */
export async function buildModelServer(root) {
  const source = path.join(root, 'examples', 'model-server');
  const target = path.join(root, 'dist', 'testing');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [path.join(source, 'server.ts')],
    outfile: path.join(target, 'model-server-bundle.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    // Names stay, so that the stack of an error can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    metafile: true,
    plugins: [WITHOUT_LOCALES],
    define: { 'import.meta.url': 'moduleUrl' },
    banner: {
      js: `${licences(root)}const moduleUrl = require('node:url').pathToFileURL(__filename).href;`,
    },
  });
  const packages = Object.keys(metafile.inputs).flatMap(
    (file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [],
  );
  const unknown = [...new Set(packages)].filter((name) => !BUNDLED.includes(name));
  if (unknown.length > 0) {
    throw new Error(
      `the model server imports ${unknown.join(', ')}; add the package to BUNDLED, if its licence allows`,
    );
  }
  cpSync(path.join(source, 'scenarios'), path.join(target, 'scenarios'), { recursive: true });
}

function licences(root) {
  const texts = BUNDLED.map((name) => {
    const folder = path.join(root, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    return `${name} ${version}\n\n${readFileSync(path.join(folder, 'LICENSE'), 'utf8').trim()}`;
  });
  return `/*\nThis file contains the following packages.\n\n${texts.join('\n\n')}\n*/\n`;
}
