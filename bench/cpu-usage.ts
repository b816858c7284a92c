/** Preloaded by a service under load: reports the processor time of its process, all threads included, when it is asked. */
process.on('message', (message) => {
  if (message === 'cpu') process.send?.({ type: 'cpu', ...process.cpuUsage() });
});
