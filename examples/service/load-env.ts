/** Reads `.env` of the working folder, if there is one, on import. Variables that are set already keep their values. */
import { existsSync } from 'node:fs';

// `node --env-file` fails in Node 20 if the file does not exist, and `--env-file-if-exists` is newer.
if (existsSync('.env')) process.loadEnvFile('.env');
