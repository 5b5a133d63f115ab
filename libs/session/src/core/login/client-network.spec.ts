import { describe, expect, it } from '@jest/globals';
import { blockOf, networkOf } from './client-network.js';

describe('the network of a client', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['0000:0000:0000:0000:0000:FFFF:C000:0201', '192.0.2.1'],
    ['64:ff9b::192.0.2.1', '192.0.2.1'],
    ['::ffff:255.255.255.255', '255.255.255.255'],
    ['192.0.2.1:443', '192.0.2.1'],
  ])('of an IPv4 address is that address: %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it.each([
    ['2001:db8:0:1::1', '2001:db8:0:1'],
    ['2001:0DB8:0000:0001:ffff:ffff:ffff:ffff', '2001:db8:0:1'],
    ['2001:db8:0:1:2:3:4:5%eth0', '2001:db8:0:1'],
    ['2001:db8:0:1::192.0.2.1', '2001:db8:0:1'],
    ['2001:db8::', '2001:db8:0:0'],
    ['fe80::1%en0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['::ffff:0:c000:201', '0:0:0:0'],
    ['[2001:db8:0:1::1]:443', '2001:db8:0:1'],
    ['[2001:db8:0:1::1]', '2001:db8:0:1'],
  ])('of an IPv6 address is its /64: %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it.each([
    '',
    'unknown',
    '192.0.2.1:443:1',
    '[192.0.2.1',
    'localhost',
    '1:2:3',
    '1:2:3:4:5:6:7:8:9',
    '::1::2',
    'g::1',
    '1:2:3:4:5:6:7::8:9',
    '12345::',
  ])('of what is no address is one for all of them: %j', (text) => {
    expect(networkOf(text)).toBe('unknown');
  });
});

describe('the block', () => {
  it.each([
    ['192.0.2.77', '192.0.2'],
    ['::ffff:192.0.2.77', '192.0.2'],
    ['64:ff9b::c000:24d', '192.0.2'],
    ['2001:db8:1:2::7', '2001:db8:1'],
    ['2001:0DB8:0001:ffff::', '2001:db8:1'],
    ['::1', '0:0:0'],
    ['unknown', 'unknown'],
    ['192.0.2.77:443', '192.0.2'],
  ])('of %s is %s', (address, block) => {
    expect(blockOf(address)).toBe(block);
  });
});
