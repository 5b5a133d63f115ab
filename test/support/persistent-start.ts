/** How often a server is started anew, each time on other ports. */
const ATTEMPTS = 5;

/**
 * Starts what needs ports that it cannot be given at once: one that was free a moment ago may have become the near end of a connection
 * of any process of this machine, and the more ports a test takes the likelier that is.
 */
export async function persistentStart<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}
