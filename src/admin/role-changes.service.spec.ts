import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Test, type TestingModule } from '@nestjs/testing';
import { exportJWK, generateKeyPair } from 'jose';
import { MemorySessionStore, SessionModule, SessionService, StoreUnavailableError, type Subject } from 'nestjs-hybrid-session';
import { ENGINES, type TestDatabase } from '../database/testing/engines.js';
import { PasswordHasher } from '../users/password-hasher.js';
import { User } from '../users/user.entity.js';
import { Users } from '../users/users.service.js';
import { RoleChanges } from './role-changes.service.js';

/** Is away for the calls that a test names. */
class FailingStore extends MemorySessionStore {
  readonly failing = new Set<'fence' | 'moveFence'>();

  override async fence(subject: Subject) {
    if (this.failing.has('fence')) throw new StoreUnavailableError();
    return super.fence(subject);
  }

  override async moveFence(subject: Subject) {
    if (this.failing.has('moveFence')) throw new StoreUnavailableError();
    return super.moveFence(subject);
  }
}

const algorithm = { hash: async () => 'a hash', verify: async () => true };

describe.each(ENGINES)('a change of roles, with users on the $name engine', ({ open }) => {
  let database: TestDatabase;
  let module: TestingModule;
  let store: FailingStore;
  let users: Users;
  let sessions: SessionService;
  let id: string;

  beforeEach(async () => {
    database = await open();
    store = new FailingStore();
    users = new Users(database.dataSource.getRepository(User), await PasswordHasher.create(algorithm));
    const { privateKey } = await generateKeyPair('Ed25519', { extractable: true });
    const options = {
      publicUrl: 'http://localhost',
      keys: [randomBytes(32).toString('base64url')],
      signingKeys: [{ ...(await exportJWK(privateKey)), kid: 'of this spec' }],
      store,
      controllers: [],
    };
    module = await Test.createTestingModule({ imports: [SessionModule.forRoot(options)] }).compile();
    sessions = module.get(SessionService);
    ({ id } = await users.create({ username: 'ada', password: 'correct horse', roles: ['admin'] }));
    await sessions.open({
      userId: id,
      principal: { username: 'ada', roles: ['admin'] },
      fence: await sessions.fence(id),
      channel: 'browser',
      client: { address: '192.0.2.1', userAgent: 'a browser' },
    });
  });
  afterEach(async () => {
    await module.close();
    await database.close();
  });

  const rolesOfSessions = async () => (await sessions.list(id)).map(({ principal }) => principal.roles);

  it('does not begin while the session store is away', async () => {
    store.failing.add('fence');
    await expect(new RoleChanges(users, sessions).change(id, ['user'], { address: '192.0.2.1' })).rejects.toThrow(
      StoreUnavailableError,
    );
    expect(await users.byId(id)).toMatchObject({ roles: ['admin'], rolesVersion: 0, rolesUntold: 0 });
  });

  it('is told once, also when the timer comes while it is told', async () => {
    const changes = new RoleChanges(users, sessions);
    const told = jest.spyOn(sessions, 'setPrincipal');
    const rolesWereTold = users.rolesWereTold.bind(users);
    jest.spyOn(users, 'rolesWereTold').mockImplementation(async (user) => {
      await changes.tellTheRest(); // the sessions know, the database does not know yet
      return rolesWereTold(user);
    });
    await changes.change(id, ['user'], { address: '192.0.2.1' });
    expect(told.mock.calls.length).toBe(1);
    await changes.tellTheRest();
    expect(told.mock.calls.length).toBe(1);
  });

  it('that the sessions could not be told is told by any other instance', async () => {
    store.failing.add('moveFence');
    await expect(new RoleChanges(users, sessions).change(id, ['user'], { address: '192.0.2.1' })).rejects.toThrow(
      StoreUnavailableError,
    );
    expect(await users.byId(id)).toMatchObject({ roles: ['user'], rolesVersion: 1, rolesUntold: 1 });
    expect(await rolesOfSessions()).toEqual([['admin']]);
    const another = new RoleChanges(users, sessions);
    await another.tellTheRest();
    expect((await users.byId(id)).rolesUntold).toBe(1); // still away: said, and tried again
    store.failing.clear();
    await another.tellTheRest();
    expect(await rolesOfSessions()).toEqual([['user']]);
    expect((await users.byId(id)).rolesUntold).toBe(0);
  });

  it('that was made while an earlier one was told stays to be told', async () => {
    const earlier = await users.setRoles(id, ['clerk']);
    await users.setRoles(id, ['user']);
    await users.rolesWereTold(earlier);
    expect(await users.byId(id)).toMatchObject({ rolesVersion: 2, rolesUntold: 1 });
  });
});
