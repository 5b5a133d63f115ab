import { InvalidOptionsError } from '../../core/errors.js';
import type { ChangeListener, Subscription } from '../../core/ports/changes.js';
import { ChangeHub } from '../change-hub.js';
import type { RedisClusterSubscriber, RedisSubscriber } from './redis-client.js';
import type { RedisLink } from './redis-link.js';

/** The feed of changes: of all processes where there is a connection that listens, else of this one. */
export class RedisChanges {
  private readonly hub = new ChangeHub();
  /** The connections on which the channel was subscribed: each subscribes again by itself when it was lost. */
  private readonly heard = new Set<RedisSubscriber>();
  /** One function for all listeners: node-redis takes it for the same one however often it is subscribed. */
  private readonly hear = (message: string) => this.receive(message);

  /** @throws InvalidOptionsError for a subscriber whose losses would go unnoticed */
  constructor(
    private readonly link: RedisLink,
    private readonly channel: string,
    private readonly subscriber: RedisSubscriber | RedisClusterSubscriber | undefined,
  ) {
    if (!subscriber) return;
    if ('getSentinelNode' in subscriber || 'masters' in subscriber !== 'masters' in link.client) {
      const cure = 'give a client of createCluster for a Cluster, else one of createClient.';
      throw new InvalidOptionsError([`subscriber: ${cure}`]);
    }
    if ('masters' in subscriber) subscriber.on('node-ready', () => void this.rejoin());
    else subscriber.on('ready', () => this.hub.tell({ type: 'gap' }));
  }

  /** Adds a listener. @throws StoreUnavailableError when the subscription cannot be made: ask again */
  async listen(listener: ChangeListener): Promise<Subscription> {
    const { subscriber } = this;
    if (!subscriber) return this.hub.addWithGap(listener);
    await this.link.ask(() => this.join(subscriber));
    const place = this.hub.add(listener);
    return {
      close: async () => {
        await place.close();
        if (this.hub.isIdle) await this.link.once(() => this.leave()).catch(() => undefined);
      },
    };
  }

  /** Subscribes wherever the channel is to be heard: in a cluster at every primary, so that each loss shows on a connection of ours. */
  private async join(subscriber: RedisSubscriber | RedisClusterSubscriber): Promise<void> {
    const connections =
      'masters' in subscriber
        ? await Promise.all(subscriber.masters.map(async (primary) => subscriber.nodeClient(primary)))
        : [subscriber];
    await Promise.all(connections.map((connection) => connection.subscribe(this.channel, this.hear)));
    for (const connection of connections) this.heard.add(connection);
  }

  private async leave(): Promise<void> {
    const connections = [...this.heard];
    this.heard.clear();
    await Promise.all(connections.map((connection) => connection.unsubscribe(this.channel, this.hear)));
  }

  /** A primary is new, or was lost: what it told meanwhile was missed. */
  private async rejoin(): Promise<void> {
    const { subscriber } = this;
    if (!subscriber || this.hub.isIdle) return;
    await this.link.ask(() => this.join(subscriber)).catch(() => undefined); // the next one that is ready asks again
    this.hub.tell({ type: 'gap' });
  }

  /** Tells what a call of this process has changed, where nobody else does. */
  tellOwn(ids: readonly string[] | 'everyone'): void {
    if (this.subscriber) return;
    if (ids === 'everyone') this.hub.tell({ type: 'everyone' });
    else this.hub.changed(ids);
  }

  /** Reads `<ms> <slot> <name> <name> ...`, `<ms> <slot>` where they were too many, or `<ms> *`. Anything else on our channel may mean that we miss something. */
  private receive(message: string): void {
    const [time = '', slot = '', ...names] = message.split(' ');
    const at = Number(time);
    const ids = names.map((name) => `${slot}.${name}`);
    if (!/^\d{10,16}$/.test(time) || slot === '') this.hub.tell({ type: 'gap' });
    else if (slot === '*') this.hub.tell({ type: 'everyone', at });
    else if (ids.length === 0) this.hub.slotsChanged([slot], at);
    else this.hub.changed(ids, at);
  }
}
