import type { Browser, BrowserContext, Page } from 'playwright-core';

/** What Chromium writes of every answer that is no success, or is broken off: of ours the test says itself which it expects. */
const REFUSED =
  /^Failed to load resource: (the server responded with a status of (4\d\d|503)|net::ERR_INCOMPLETE_CHUNKED_ENCODING)/;
/** Tells of what the policy stops, also where nothing else would. */
const TELL_VIOLATIONS = `addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`;

/** Somebody with a browser, who logs in as people do. */
export class PersonAtBrowser {
  readonly complaints: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('console', (message) => {
      const isTrouble = message.type() === 'error' || message.type() === 'warning';
      if (isTrouble && !REFUSED.test(message.text())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => void this.complaints.push(String(error)));
  }

  static async sitDown(chrome: Browser, options: Parameters<Browser['newContext']>[0]): Promise<PersonAtBrowser> {
    const context = await chrome.newContext(options);
    context.setDefaultTimeout(15_000);
    await context.addInitScript(TELL_VIOLATIONS);
    return new PersonAtBrowser(context, await context.newPage());
  }

  /** Fills in the login form and sends it. */
  async tryLogin(username: string, password: string): Promise<void> {
    await this.page.goto('/login');
    await this.page.getByLabel('User name').fill(username);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Log in' }).click();
  }

  /** Logs in, and is on the page behind the login. */
  async login(username = 'ada', password = `${username}-password`): Promise<this> {
    await this.tryLogin(username, password);
    await this.heading('Your devices').waitFor();
    return this;
  }

  heading(name: string) {
    return this.page.getByRole('heading', { name, level: 1 });
  }

  button(name: string | RegExp) {
    return this.page.getByRole('button', { name });
  }

  /** The devices that the page lists, but for this one. */
  others() {
    return this.page.locator('.devices li').filter({ hasNotText: 'This device' });
  }

  /** Waits, as whoever types does, until the cursor stands in a field: a page that has loaded may take a moment more for that. */
  async cursorIn(id: string): Promise<void> {
    await this.page.locator(`#${id}:focus`).waitFor();
  }

  /** What has the focus: its text, else its id. */
  async focused(): Promise<string> {
    const text = await this.page.evaluate<string>('document.activeElement.innerText || document.activeElement.id');
    return text.replaceAll(/\s+/g, ' ');
  }

  /** Whatever the page says went wrong, or was done. */
  async told(): Promise<string> {
    return (await this.page.locator('.alarm, .notice, dialog .error').allTextContents()).join('').trim();
  }
}
