import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SQL_ENGINES, type SqlDatabase } from '../../../../spec/sql-databases.js';
import { InvalidOptionsError, StoreUnavailableError } from '../../../core/errors.js';
import type { StoredSigningKey } from '../../../core/ports/signing-key-store.js';
import { SigningKeyRow } from './signing-key.entity.js';
import { TypeOrmSigningKeys } from './typeorm.signing-keys.js';

const key = (place: number, more: Partial<StoredSigningKey> = {}): StoredSigningKey => ({
  place,
  kid: `kid-${place}`,
  algorithm: 'Ed25519',
  publicJwk: '{"kty":"OKP"}',
  createdAt: 2_000_000_000_000,
  signsFrom: 2_000_000_600_000,
  sealed: `keyid.${'s'.repeat(3_000)}`, // as long as that of an RSA key
  voucher: `voucher ${place}`,
  ...more,
});

describe.each(SQL_ENGINES)('TypeOrmSigningKeys on $name', ({ open }) => {
  let database: SqlDatabase;
  let keys: TypeOrmSigningKeys;
  beforeAll(async () => {
    database = await open();
  });
  beforeEach(async () => {
    await database.dataSource.createQueryBuilder().delete().from(SigningKeyRow).execute();
    keys = new TypeOrmSigningKeys(database.dataSource);
  });
  afterAll(() => database.close());

  it('keeps all of a key, by place', async () => {
    const [first, second] = [key(1), key(2, { retiredAt: 2_000_000_000_001, algorithm: 'RS256' })];
    expect(await keys.add(second)).toBe(true);
    expect(await keys.add(first)).toBe(true);
    expect(await keys.all()).toEqual([first, second]);
  });

  it('gives a place to one of those who want it, and says so to the others', async () => {
    const others = await Promise.all([1, 2, 3].map(async () => new TypeOrmSigningKeys(await database.another())));
    for (let place = 1; place <= 10; place += 1) {
      const rivals = others.map((store, at) => ({
        store,
        own: key(place, { kid: `${place}-${at}`, voucher: `${place}-${at}` }),
      }));
      const won = await Promise.all(rivals.map(({ store, own }) => store.add(own)));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await keys.all()).at(-1)).toEqual(rivals[won.indexOf(true)]?.own);
    }
  });

  it('replaces a key that is still as it was seen, and no other', async () => {
    await keys.add(key(1));
    await keys.add(key(2));
    const { sealed: _, ...retired } = key(1, { retiredAt: 7, voucher: 'second' });
    expect(await keys.replace(retired, 'voucher 1')).toBe(true);
    expect(await keys.replace(key(1, { voucher: 'third' }), 'voucher 1')).toBe(false);
    expect(await keys.all()).toEqual([retired, key(2)]);
  });

  it('forgets a private key, also of one that has changed meanwhile', async () => {
    await keys.add(key(1));
    await keys.replace(key(1, { voucher: 'second' }), 'voucher 1');
    await keys.erase(1);
    const { sealed: _, ...rest } = key(1, { voucher: 'second' });
    expect(await keys.all()).toEqual([rest]);
  });

  it('says that the store is unavailable when the database cannot be asked', async () => {
    const closed = await database.another();
    const away = new TypeOrmSigningKeys(closed);
    await away.all();
    await closed.destroy();
    await expect(away.all()).rejects.toThrow(StoreUnavailableError);
    await expect(away.add(key(9))).rejects.toThrow(StoreUnavailableError);
  });

  it('says which entities are missing', async () => {
    const without = new TypeOrmSigningKeys(await database.another({ entities: [] }));
    await expect(without.all()).rejects.toThrow(InvalidOptionsError);
    await expect(without.all()).rejects.toThrow('signingKeyEntities');
  });
});
