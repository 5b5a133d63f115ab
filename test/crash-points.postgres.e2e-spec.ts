import { describe } from '@jest/globals';
import { crashClaims } from './crashes/crash-claims.js';

describe('An instance that is killed, with sessions in PostgreSQL beside the users', () => {
  crashClaims('database', 'express');
});
