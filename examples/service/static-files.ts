/** Files of a page, served from a folder. */
import path from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

const SELF = "'self'";

/** Headers of a page: it loads nothing from elsewhere, runs no inline script and is in no frame. */
export function pageHeaders(options: { readonly inlineStyles?: boolean } = {}): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: [SELF],
      imgSrc: [SELF, 'data:'],
      // Swagger UI and ReDoc write style elements, and ReDoc searches in a worker that it makes.
      styleSrc: options.inlineStyles === true ? [SELF, "'unsafe-inline'"] : [SELF],
      workerSrc: options.inlineStyles === true ? [SELF, 'blob:'] : [SELF],
      baseUri: ["'none'"],
      formAction: [SELF],
      frameAncestors: ["'none'"],
      objectSrc: ["'none'"],
    },
    // The service speaks HTTP; a proxy in front of it may add this.
    strictTransportSecurity: false,
  });
}

/**
 * Serves the files of a folder. A path that leads out of it is not found.
 *
 * @example
 * app.use('/page/*', pageHeaders(), staticFiles({ folder: pageFolder, below: '/page/' }));
 * app.get('/', pageHeaders(), staticFiles({ folder: pageFolder, file: 'index.html' }));
 */
export function staticFiles(options: {
  readonly folder: string;
  /** The part of the request's path that the folder replaces. */
  readonly below?: string;
  /** One file, whatever the path is. */
  readonly file?: string;
}): MiddlewareHandler {
  const { folder, below = '/', file } = options;
  const root = path.resolve(folder);
  return serveStatic(
    file === undefined
      ? { root, rewriteRequestPath: (requested) => requested.slice(below.length - 1) }
      : { root, path: file },
  );
}
