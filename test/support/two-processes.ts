import { AppProcess, sharedEnvironment } from './app-process.js';
import type { Backend } from './backends.js';

/** Two processes of the application, on one server that is theirs alone. */
export interface TwoProcesses {
  readonly one: AppProcess;
  readonly two: AppProcess;
  /** Stops them, and discards the server. Answers with what each has exited. */
  readonly stop: () => Promise<readonly (number | null)[]>;
}

/** Starts them, with keys that they share. */
export async function startTwo(backend: Backend, settings: Readonly<Record<string, string>>): Promise<TwoProcesses> {
  const server = await backend.start();
  const environment = await sharedEnvironment({ ...backend.environment(server), ...settings });
  const [one, two] = [await AppProcess.start(environment), await AppProcess.start(environment)];
  const stop = async () => {
    const codes = [await one.stop(), await two.stop()];
    await server.discard();
    return codes;
  };
  return { one, two, stop };
}
