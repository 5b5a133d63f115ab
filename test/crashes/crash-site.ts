import { randomBytes } from 'node:crypto';
import { journalEntities, journalMigrations, sessionEntities, sessionMigrations } from 'nestjs-hybrid-session/typeorm';
import { DataSource } from 'typeorm';
import { ApiClient, Browser } from '../support/clients.js';
import { type AdapterName, signingKey } from '../support/host-app.js';
import { openSchema, type OwnSchema } from '../support/own-schema.js';
import { until } from '../support/app-process.js';
import { type CrashPoint, InstanceProcess, type InstanceSetup } from './instance-process.js';
import { PEOPLE } from './sql-accounts.mjs';

/** How often each step is a crash: more by `npm run check:crashes`. */
const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 1);
/** What a process has sent shows, or does not, whichever side of the sending it dies on: the long run dies on both. */
const SIDES: readonly CrashPoint['when'][] = ROUNDS > 1 ? ['before', 'after'] : ['before'];
/** Steps that leave nothing behind: who dies before what follows one of them has died, for everybody else, before it. The long run dies there all the same. */
const LEAVES_NOTHING = new Set(ROUNDS > 1 ? [] : ['sql SELECT', 'sql START TRANSACTION']);
/** Milliseconds between two looks of the instance that lives on for what a crashed one has left in the journal. */
const RELAY_INTERVAL = 100;

/** The crashes that were brought about, and at which of the steps that everybody comes to nobody died. */
export interface Crashes {
  readonly kills: readonly CrashPoint[];
  readonly missed: readonly string[];
}

/** Asks an instance at that address; whatever goes wrong on the way is the crash. */
type Act = (person: Person, url: string) => Promise<unknown>;

/** Whether that step is a crash: the answer always is, and all others unless dying before them is dying before what they follow. */
function isCrash(steps: readonly string[], at: number): boolean {
  return steps[at] === 'answer' || !LEAVES_NOTHING.has(steps[at - 1] ?? '');
}

/** One person with everything a password opens: two browsers and an app. */
export interface Person {
  readonly id: string;
  readonly here: Browser;
  readonly there: Browser;
  readonly app: ApiClient;
}

/** An application of several instances, of which one after the other crashes, and one lives on. */
export class CrashSite {
  private people = 0;
  private victims = 0;
  private readonly steps = new Map<Act, readonly string[]>();
  private next: Promise<InstanceProcess>;

  private constructor(
    private readonly schema: OwnSchema,
    readonly database: DataSource,
    readonly survivor: InstanceProcess,
    private readonly setup: InstanceSetup,
  ) {
    this.next = this.newVictim();
  }

  /** Opens the site, with sessions in Redis and a journal, or all in the database. */
  static async open(sessions: 'redis' | 'database', adapter: AdapterName): Promise<CrashSite> {
    const schema = await openSchema();
    const database = await new DataSource({
      type: 'postgres',
      url: schema.url,
      entities: [...sessionEntities, ...journalEntities],
      migrations: [...sessionMigrations, ...journalMigrations],
    }).initialize();
    await database.runMigrations();
    await database.query(PEOPLE);
    const setup: InstanceSetup = {
      name: `crashes${randomBytes(4).toString('hex')}-survivor`,
      adapter,
      database: schema.url,
      ...(sessions === 'redis' ? { redis: process.env['REDIS_URL'] ?? '' } : {}),
      keys: [randomBytes(32).toString('base64url')],
      signingKeys: [await signingKey()],
      relayInterval: RELAY_INTERVAL,
    };
    return new CrashSite(schema, database, await InstanceProcess.start(setup), setup);
  }

  async close(): Promise<void> {
    await (await this.next).stop();
    await this.survivor.stop();
    await this.database.destroy();
    await this.schema.close();
  }

  /** Somebody new, logged in everywhere. */
  async person(): Promise<Person> {
    this.people += 1;
    const id = `person-${this.people}`;
    await this.database.query("INSERT INTO people VALUES ($1, 'old password')", [id]);
    const [here, there, app] = [new Browser(this.survivor.url), new Browser(this.survivor.url), new ApiClient(this.survivor.url)];
    for (const client of [here, there, app]) {
      const { status } = await client.login(id, 'old password');
      if (status !== 200) throw new Error(`${id} cannot log in: ${status}`);
    }
    return { id, here, there, app };
  }

  /**
   * Does something at an instance that crashes, once at each step of a share of them, and looks afterwards what has become of it. Each
   * time it is somebody else's.
   */
  async atEachStep(act: Act, look: (person: Person) => Promise<void>, share: number, shares: number): Promise<Crashes> {
    const steps = this.steps.get(act) ?? (await this.stepsOf(act));
    this.steps.set(act, steps);
    const commit = steps.indexOf('sql COMMIT');
    const kills: CrashPoint[] = [];
    const missed: string[] = [];
    const crashes = [...steps.keys()].filter((at) => isCrash(steps, at)).filter((_, nth) => nth % shares === share);
    for (const at of crashes) {
      const step = steps[at] ?? '';
      const nth = steps.slice(0, at + 1).filter((one) => one === step).length;
      const killed = await this.atStep({ step, nth }, act, look);
      kills.push(...killed);
      // After the commit the other instance may be the quicker one, and some of the rest is done by it.
      if (killed.length === 0 && (at <= commit || step === 'answer')) missed.push(`${step} (${nth})`);
    }
    return { kills, missed };
  }

  private async atStep(
    step: Omit<CrashPoint, 'when'>,
    act: Act,
    look: (person: Person) => Promise<void>,
  ): Promise<readonly CrashPoint[]> {
    const kills: CrashPoint[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const when of SIDES) {
        const [person, point] = [await this.person(), { ...step, when }];
        if (await this.crash(point, (url) => act(person, url))) kills.push(point);
        await look(person);
      }
    }
    return kills;
  }

  /** Waits until the database has let go of whatever a dead instance had begun there. */
  async untilForgotten(victim: InstanceProcess): Promise<void> {
    const connections = 'SELECT pid FROM pg_stat_activity WHERE application_name = $1';
    await until('the database has seen the crash', async () => {
      return (await this.database.query<unknown[]>(connections, [victim.name])).length === 0;
    });
  }

  /** What is done when nothing crashes. */
  private async stepsOf(act: Act): Promise<readonly string[]> {
    await act(await this.person(), this.survivor.url); // so that Redis knows every script, and nobody takes other steps later
    const person = await this.person();
    const instance = await this.warmVictim();
    await instance.arm();
    await act(person, instance.url);
    const steps = await instance.settle();
    await instance.stop();
    if (!steps?.includes('answer')) throw new Error(`It does not work where nothing crashes: ${steps?.join(', ')}`);
    return steps;
  }

  /** Whether the instance came to the step at which it was to die: where the one that lives on was quicker there may be less to do. */
  private async crash(point: CrashPoint, act: (url: string) => Promise<unknown>): Promise<boolean> {
    const victim = await this.warmVictim();
    await victim.arm(point);
    await act(victim.url).catch(() => undefined);
    const survived = await victim.settle();
    await victim.stop();
    await this.untilForgotten(victim);
    return survived === undefined;
  }

  private async warmVictim(): Promise<InstanceProcess> {
    const victim = await this.next;
    this.next = this.newVictim();
    await this.warm(victim);
    return victim;
  }

  /** Has an instance do what each does at its first requests: from then on each request takes the same steps, whoever serves it. */
  private async warm({ url }: InstanceProcess): Promise<void> {
    const { id, here } = await this.person();
    await here.at(url).send('GET', '/auth/session');
    await new Browser(url).login(id, 'old password');
  }

  private newVictim(): Promise<InstanceProcess> {
    this.victims += 1;
    const name = this.setup.name.replace('survivor', `victim-${this.victims}`);
    const { relayInterval: _, ...others } = this.setup;
    const instance = InstanceProcess.start({ ...others, name });
    instance.catch(() => undefined); // told to whoever needs it
    return instance;
  }
}
