import { once } from 'node:events';
import { get, type ClientRequest, type IncomingMessage } from 'node:http';

/** An answer that is still being sent. */
export class OpenAnswer {
  private text = '';
  hasEnded = false;
  /** When it is over, well or broken off. */
  readonly ended: Promise<void>;

  private constructor(
    private readonly request: ClientRequest,
    private readonly answer: IncomingMessage,
  ) {
    request.on('error', () => {}); // that of an answer that is broken off
    answer.on('error', () => {});
    answer.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
    this.ended = new Promise((resolve) => {
      answer.once('close', () => {
        this.hasEnded = true;
        resolve();
      });
    });
  }

  /** Asks, and comes back with the headers. Fails when the connection breaks off before them. */
  static async to(url: string, headers: Record<string, string>): Promise<OpenAnswer> {
    const request = get(url, { headers, agent: false });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    return new OpenAnswer(request, answer);
  }

  get status(): number {
    return this.answer.statusCode ?? 0;
  }

  get type(): string | undefined {
    return this.answer.headers['content-type'];
  }

  /** Waits until this text has come; false if the answer is over without it. */
  async until(text: string): Promise<boolean> {
    while (!this.text.includes(text) && !this.hasEnded) {
      await Promise.race([new Promise((resolve) => this.answer.once('data', resolve)), this.ended]);
    }
    return this.text.includes(text);
  }

  /** Whether this text has come by now. */
  has(text: string): boolean {
    return this.text.includes(text);
  }

  /** The id of the event that has this text in it. */
  idOf(text: string): string {
    const event = this.text.split('\n\n').find((one) => one.includes(text)) ?? '';
    return /^id: (.+)$/m.exec(event)?.[1] ?? '';
  }

  /** Goes away. */
  abort(): void {
    this.request.destroy();
  }
}
