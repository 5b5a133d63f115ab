export default async function teardown() {
  await globalThis.privateRedis?.kill();
}
