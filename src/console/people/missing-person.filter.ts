import { Catch, HttpStatus, NotFoundException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { PAGE_HEADERS } from '../../pages/layout.js';
import { refusedPage } from '../../pages/refused-page.js';
import { PEOPLE } from '../console-addresses.js';

/** Says on a page that there is no such user, where a program would get a problem. */
@Catch(NotFoundException)
export class MissingPersonFilter implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch({ message }: NotFoundException, context: ArgumentsHost): void {
    const response: unknown = context.switchToHttp().getResponse();
    const { httpAdapter } = this.host;
    for (const [name, value] of Object.entries(PAGE_HEADERS)) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, refusedPage('Not found', message, [PEOPLE, 'Search people']), HttpStatus.NOT_FOUND);
  }
}
