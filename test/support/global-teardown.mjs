import { rm } from 'node:fs/promises';

export default async function teardown() {
  await Promise.all((globalThis.privateServers ?? []).map((server) => server.discard()));
  await rm(globalThis.testFolder, { recursive: true, force: true });
}
