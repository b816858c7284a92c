import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { makeFolder } from './folder.js';

export interface TlsServer {
  /** `https://localhost:41234` */
  readonly url: string;
  /** The certificate that a client must trust. */
  readonly certificate: Buffer;
}

/** Starts a server with a self-signed certificate, which ends with the test. */
export async function startTlsServer(listener: RequestListener): Promise<TlsServer> {
  const { key, certificate } = selfSigned(makeFolder('tls'));
  const server = https.createServer({ key, cert: certificate }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, certificate };
}

/** Makes a key and a certificate of `localhost`, valid for a day. */
export function selfSigned(folder: string): { readonly key: Buffer; readonly certificate: Buffer } {
  const [keyFile, certificateFile] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')];
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1';
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', keyFile, '-out', certificateFile];
  execFileSync('openssl', [...request.split(' '), ...names, ...files], { stdio: 'ignore' });
  return { key: readFileSync(keyFile), certificate: readFileSync(certificateFile) };
}
