export default async function teardown() {
  globalThis.privateRedis?.kill('SIGTERM');
}
