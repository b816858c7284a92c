import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import type { InfrastructureMetrics } from '../chaukas/event.js';

const BYTES_PER_MB = 1024 * 1024;
const MICROS_PER_MS = 1000;

/** Where the process runs, and what it has used so far. */
export function infrastructureMetrics(): InfrastructureMetrics {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    host: hostname(),
    metrics: {
      cpu_system_ms: system / MICROS_PER_MS,
      cpu_user_ms: user / MICROS_PER_MS,
      heap_used_mb: heapUsed / BYTES_PER_MB,
      memory_rss_mb: rss / BYTES_PER_MB,
      uptime_ms: process.uptime() * 1000,
    },
    process_id: process.pid,
    resource_type: resourceType(),
    thread_id: String(threadId),
  };
}

/** As platforms tell their processes: Kubernetes by a variable, Docker and Podman by a file. */
function resourceType(): NonNullable<InfrastructureMetrics['resource_type']> {
  if (process.env.KUBERNETES_SERVICE_HOST !== undefined) return 'pod';
  return ['/.dockerenv', '/run/.containerenv'].some((file) => existsSync(file)) ? 'container' : 'host';
}
