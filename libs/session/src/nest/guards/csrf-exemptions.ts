import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { CSRF_EXEMPT } from '../decorators/csrf-exempt.decorator.js';

/** Knows every route of the application that asks for no CSRF token. */
@Injectable()
export class CsrfExemptions {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** One sentence for each, to be said at start: which it is, and the reason that it gives. */
  notices(): string[] {
    return this.discovery.getControllers().flatMap(({ metatype }) => {
      if (typeof metatype !== 'function') return [];
      const whole = this.noticeOf(`every route of ${metatype.name}`, metatype);
      return [...whole, ...this.routesOf(metatype).flatMap(([name, route]) => this.noticeOf(`${metatype.name}.${name}`, route))];
    });
  }

  private routesOf(controller: { readonly prototype: unknown }): (readonly [name: string, route: unknown])[] {
    const { prototype } = controller;
    if (!isObject(prototype)) return [];
    return this.scanner.getAllMethodNames(prototype).map((name) => [name, prototype[name]]);
  }

  private noticeOf(what: string, target: unknown): string[] {
    if (typeof target !== 'function') return [];
    const reason = this.reflector.get<string | undefined>(CSRF_EXEMPT, target);
    return reason === undefined ? [] : [`No CSRF token is asked for by ${what}: ${reason}`];
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
