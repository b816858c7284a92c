/** The pages `/docs` (Swagger UI) and `/redoc` (ReDoc), from the installed packages and not from a CDN. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Hono } from 'hono';
import { html } from 'hono/html';
import { pageHeaders, staticFiles } from './static-files.js';

const require = createRequire(import.meta.url);
const swaggerFolder = path.dirname(require.resolve('swagger-ui-dist/package.json'));
const redocFolder = path.join(path.dirname(require.resolve('redoc/package.json')), 'bundles');

/** Both pages read `/openapi.json`. Their scripts are files, since inline ones are forbidden by the pages' headers. */
export function apiPages(title: string): Hono {
  const app = new Hono();
  const headers = pageHeaders({ inlineStyles: true });
  app.use('/docs/*', headers).use('/redoc/*', headers);
  app.use('/docs', headers).use('/redoc', headers);

  app.get('/docs', (c) =>
    c.html(html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>${title}: API</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>`),
  );
  app.get('/docs/start.js', (c) =>
    c.body("SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true });\n", 200, {
      'content-type': 'text/javascript; charset=utf-8',
    }),
  );
  app.get('/docs/*', staticFiles({ folder: swaggerFolder, below: '/docs/' }));

  app.get('/redoc', (c) =>
    c.html(html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>${title}: API reference</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
  </head>
  <body>
    <redoc spec-url="/openapi.json" disable-google-font></redoc>
    <script src="/redoc/redoc.standalone.js"></script>
  </body>
</html>`),
  );
  app.get('/redoc/redoc.standalone.js', async (c) =>
    c.body(await redocScript(), 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  );
  app.get('/redoc/*', staticFiles({ folder: redocFolder, below: '/redoc/' }));
  return app;
}

/** ReDoc (2.5) shows a logo from its CDN and has no option against it; here the picture is empty. */
function redocScript(): Promise<string> {
  script ??= readFile(path.join(redocFolder, 'redoc.standalone.js'), 'utf8').then((text) =>
    text.replaceAll(/https:\/\/cdn\.redoc\.ly\/[\w./-]+/g, 'data:image/svg+xml,<svg/>'),
  );
  return script;
}

let script: Promise<string> | undefined;
