import { describe, expect, it } from '@jest/globals';
import { auditLine } from './audit-line.js';

describe('an audit line', () => {
  it('is JSON that names time, level and event', () => {
    const line = auditLine({ type: 'refresh.reused', at: 0, sessionId: 'ab12.x', userId: 'u1' });
    expect(JSON.parse(line)).toEqual({
      time: '1970-01-01T00:00:00.000Z',
      level: 'warn',
      audit: 'refresh.reused',
      sessionId: 'ab12.x',
      userId: 'u1',
    });
  });

  it('stays one line of plain ASCII, whatever a client calls itself', () => {
    const device = 'x\n{"audit":"forged"}\r\u2028\u009b31m\u001b[2J\u202e';
    const line = auditLine({ type: 'client.changed', at: 0, sessionId: 's', userId: 'u', address: '::1', device });
    expect(line).toMatch(/^[\u0020-\u007e]+$/);
    expect(JSON.parse(line)).toMatchObject({ device });
  });
});
