/** Resolved with the action, or when the time has passed; rejected as the action is. */
export async function withTimeout(
  action: Promise<void>,
  millis: number,
  onTimeout: () => void,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      onTimeout();
      resolve();
    }, millis);
  });
  try {
    await Promise.race([action, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
