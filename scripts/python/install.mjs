// Installs the Python packages of `npm run test:python` into .cache/, if they are not there.
import { installEnvironment } from './environment.mjs';

try {
  installEnvironment();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
