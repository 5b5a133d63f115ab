import type { INestApplicationContext } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';

/** What `@WebSocketGateway()` leaves at a class. */
const OPTIONS = 'websockets:gateway_options';
const PORT = 'port';

/** Where the clients of a gateway connect, and whether they must bring a session. */
interface Place {
  readonly port: number;
  readonly path: string;
  readonly sessions: unknown;
}

/** The gateways of an application. Those that share a server share its door, and Nest asks for it by the options of one of them alone. */
export class Gateways {
  constructor(private readonly app: INestApplicationContext) {}

  /** Whether every gateway at this place takes clients without a session. */
  areOptional(port: number, options: Readonly<Record<string, unknown>>): boolean {
    const path = pathIn(options);
    const here = this.all().filter((one) => one.port === port && one.path === path);
    return here.length > 0 && here.every(({ sessions }) => sessions === 'optional');
  }

  private all(): readonly Place[] {
    const modules = [...this.app.get(ModulesContainer, { strict: false }).values()];
    return modules
      .flatMap(({ providers }) => [...providers.values()])
      .flatMap(({ metatype }) => {
        if (typeof metatype !== 'function') return [];
        const options: unknown = Reflect.getMetadata(OPTIONS, metatype);
        if (typeof options !== 'object' || options === null) return [];
        const given = options as Readonly<Record<string, unknown>>;
        return [{ port: Number(Reflect.getMetadata(PORT, metatype) ?? 0), path: pathIn(given), sessions: given['sessions'] }];
      });
  }
}

/** A path of `ws`, or a namespace of socket.io, which may be a pattern; leading and trailing slashes say nothing. */
function pathIn({ namespace, path }: Readonly<Record<string, unknown>>): string {
  const given = namespace ?? path ?? '';
  if (given instanceof RegExp) return given.source;
  return typeof given === 'string' ? given.replaceAll(/^\/+|\/+$/g, '') : '';
}
