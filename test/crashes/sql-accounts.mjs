import { Accounts } from 'nestjs-hybrid-session';

/** The table that these accounts are kept in. */
export const PEOPLE = 'CREATE TABLE people (id text PRIMARY KEY, password text NOT NULL)';

/** Accounts of a host, with passwords in the clear: nothing here is about hashing. A change of password ends the sessions in its own transaction. */
export class SqlAccounts extends Accounts {
  constructor(dataSource) {
    super();
    this.dataSource = dataSource;
  }

  async idOf(username) {
    return username;
  }

  async verifyPassword(userId, password) {
    const [person] = await this.dataSource.query('SELECT password FROM people WHERE id = $1', [userId ?? '']);
    if (person?.password !== password) return undefined;
    return { userId, principal: { username: userId, roles: [] }, passwordVersion: person.password };
  }

  changePassword(userId, newPassword, passwordVersion, endSessions) {
    return this.dataSource.transaction(async (manager) => {
      const change = 'UPDATE people SET password = $2 WHERE id = $1 AND password = $3';
      const [, changed] = await manager.query(change, [userId, newPassword, passwordVersion]);
      if (changed !== 1) return false;
      await endSessions(manager);
      return true;
    });
  }
}
