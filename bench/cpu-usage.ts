/**
 * Preloaded by a service under load: reports the processor time of its process, all threads included, when it is asked, and
 * ends the process when the benchmark is interrupted.
 */
process.on('message', (message) => {
  if (message === 'cpu') process.send?.({ type: 'cpu', ...process.cpuUsage() });
});
process.on('disconnect', () => process.exit());
