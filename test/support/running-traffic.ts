import assert from 'node:assert/strict';
import { ApiClient, Browser, type Answer } from './clients.js';

/** People who go on using an application, whatever is done to its instances. Each answer that is no success is kept. */
export class RunningTraffic {
  /** What was refused, in words. Nothing should be. */
  readonly refused: string[] = [];
  /** How many answers there were. */
  answers = 0;

  private constructor(
    private readonly name: string,
    private readonly password: string,
    private readonly browsers: Browser[],
    private readonly apis: ApiClient[],
  ) {}

  /** Logs a browser and an app in. */
  static async begin(url: string, name: string, password: string): Promise<RunningTraffic> {
    const traffic = new RunningTraffic(name, password, [], []);
    await traffic.logIn(url);
    return traffic;
  }

  /** One more browser and one more app log in, and go on from then. */
  async logIn(url: string): Promise<void> {
    const [browser, api] = [new Browser(url), new ApiClient(url)];
    this.note('login', await browser.login(this.name, this.password));
    this.note('login of an app', await api.login(this.name, this.password));
    this.browsers.push(browser);
    this.apis.push(api);
  }

  /** Everybody asks each of these instances, changes something, and refreshes. */
  async round(urls: readonly string[]): Promise<void> {
    for (const url of urls) {
      await Promise.all([
        ...this.browsers.map(async (one) => {
          const browser = one.at(url);
          this.note('a cookie', await browser.send('GET', '/me'));
          this.note('a cookie with its CSRF token', await browser.send('PATCH', '/me', { json: {} }));
        }),
        ...this.apis.map(async (one) => {
          const api = one.at(url);
          this.note('an access token', await api.send('GET', '/me'));
          one.keep(this.note('a refresh', await api.refresh()));
          this.note('the access token of a refresh', await one.at(url).send('GET', '/me'));
        }),
      ]);
    }
  }

  /** Rounds at these instances, for as long as work goes on elsewhere, and one at least. */
  async during<T>(urls: readonly string[], work: () => Promise<T>): Promise<T> {
    let goesOn = true;
    const working = work().finally(() => (goesOn = false));
    do await this.round(urls);
    while (goesOn);
    return working;
  }

  /** What a cookie, an access token and a refresh token of each of the sessions are answered. Nothing is kept of it. */
  async statuses(url: string): Promise<readonly (readonly number[])[]> {
    return Promise.all(
      this.browsers.map(async (browser, at) => {
        const api = this.apis[at];
        assert.ok(api);
        const answers = [
          await browser.at(url).send('GET', '/me'),
          await api.at(url).send('GET', '/me'),
          await api.at(url).refresh(),
        ];
        return answers.map(({ status }) => status);
      }),
    );
  }

  private note(what: string, answer: Answer): Answer {
    this.answers += 1;
    if (answer.status !== 200) this.refused.push(`${what}: ${answer.status} ${answer.text}`);
    return answer;
  }
}
