import { applyDecorators, Header } from '@nestjs/common';
import { PAGE_HEADERS } from './layout.js';

/** `@Page()`: the route answers with a page. */
export const Page = (): MethodDecorator =>
  applyDecorators(...Object.entries(PAGE_HEADERS).map(([name, value]) => Header(name, value)));
