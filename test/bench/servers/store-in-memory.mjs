import { MemorySessionStore } from 'nestjs-hybrid-session';

/** Sessions in the memory of the process. */
export async function openIn() {
  return { store: new MemorySessionStore() };
}
