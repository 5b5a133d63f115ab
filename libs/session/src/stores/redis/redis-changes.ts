import { InvalidOptionsError } from '../../core/errors.js';
import type { ChangeListener, Subscription } from '../../core/ports/changes.js';
import { ChangeHub } from '../change-hub.js';
import type { RedisSubscriber } from './redis-client.js';
import type { RedisLink } from './redis-link.js';

/** The feed of changes: of all processes where there is a connection that listens, else of this one. */
export class RedisChanges {
  private readonly hub = new ChangeHub();
  /** One function for all listeners: node-redis takes it for the same one however often it is subscribed. */
  private readonly hear = (message: string) => this.receive(message);

  /** @throws InvalidOptionsError for a subscriber whose losses would go unnoticed */
  constructor(
    private readonly link: RedisLink,
    private readonly channel: string,
    private readonly subscriber: RedisSubscriber | undefined,
  ) {
    if (!subscriber) return;
    if (channel === '' || 'masters' in subscriber || 'getSentinelNode' in subscriber) {
      const cure = 'In a Cluster, leave it out: there the bound alone ends what was revoked.';
      throw new InvalidOptionsError([`subscriber: give a client of createClient, beside a store that is no Cluster. ${cure}`]);
    }
    subscriber.on('ready', () => this.hub.tell({ type: 'gap' }));
  }

  /** Adds a listener. @throws StoreUnavailableError when the subscription cannot be made: ask again */
  async listen(listener: ChangeListener): Promise<Subscription> {
    const { subscriber } = this;
    if (!subscriber) return this.hub.addWithGap(listener);
    await this.link.ask(() => subscriber.subscribe(this.channel, this.hear));
    const place = this.hub.add(listener);
    return {
      close: async () => {
        await place.close();
        if (this.hub.isIdle) await this.link.once(() => subscriber.unsubscribe(this.channel, this.hear)).catch(() => undefined);
      },
    };
  }

  /** Tells what a call of this process has changed, where nobody else does. */
  tellOwn(ids: readonly string[] | 'everyone'): void {
    if (this.subscriber) return;
    if (ids === 'everyone') this.hub.tell({ type: 'everyone' });
    else this.hub.changed(ids);
  }

  /** Reads `<ms> <slot> <name> <name> ...`, or `<ms> *`. Anything else on our channel may mean that we miss something. */
  private receive(message: string): void {
    const [time = '', slot = '', ...names] = message.split(' ');
    if (!/^\d{10,16}$/.test(time) || slot === '') this.hub.tell({ type: 'gap' });
    else if (slot === '*') this.hub.tell({ type: 'everyone', at: Number(time) });
    else
      this.hub.changed(
        names.map((name) => `${slot}.${name}`),
        Number(time),
      );
  }
}
