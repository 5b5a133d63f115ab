import { describe } from '@jest/globals';
import { crashClaims } from './crashes/crash-claims.js';

describe('An instance that is killed, with sessions in Redis and a journal beside the users', () => {
  crashClaims('redis', 'fastify');
});
