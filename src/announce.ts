import type { INestApplication } from '@nestjs/common';
import type { AppConfig } from './config/app-config.js';
import { Seeding } from './users/seeding.service.js';

/** Tells whoever started the application where it is, and what it made up. */
export function announce(app: INestApplication, { http, storage, notices }: AppConfig): void {
  const { database, sessions } = storage;
  const lines = [
    `Ready on ${http.publicUrl} (listening on ${http.host}:${http.port}, ${http.adapter}).`,
    `Users in ${database.engine === 'embedded' ? database.file : 'PostgreSQL'}, sessions ${WHERE[sessions.kind]}.`,
    ...notices,
    ...app.get(Seeding).notices,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

const WHERE = { memory: 'in memory: a restart logs everyone out', redis: 'in Redis', sql: 'beside them' };
