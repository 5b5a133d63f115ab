import { MemorySessionStore } from 'nestjs-hybrid-session';
import { openEngine } from '../growth/places.mjs';

/** Acts on each kind of store, one after the other, as test/growth opens them; the memory of this process is one more of them. */
export async function onEachEngine(act) {
  const results = [];
  for (const open of [openMemory, () => openEngine('redis'), () => openEngine('postgres')]) {
    const engine = await open();
    try {
      results.push(await act(engine));
    } finally {
      await engine.close();
    }
  }
  return results;
}

async function openMemory() {
  const place = () => ({ store: new MemorySessionStore(), processes: () => [], close: async () => undefined });
  return { name: 'memory', open: async () => place(), close: async () => undefined };
}
