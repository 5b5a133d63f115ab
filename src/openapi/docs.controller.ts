import { Controller, Get, Header } from '@nestjs/common';
import { Public } from 'nestjs-hybrid-session';
import { AppConfig } from '../config/app-config.js';
import { docsPage } from './docs-page.js';
import { openApiDocument, type OpenApiDocument } from './document.js';

/** What the application answers to, for people and for programs. Mounted only where it was asked for. */
@Controller('docs')
@Public()
export class DocsController {
  private readonly document: OpenApiDocument;
  private readonly page: string;

  constructor({ http, sessions }: AppConfig) {
    this.document = openApiDocument(http.publicUrl, sessions.cookie?.name);
    this.page = docsPage(this.document);
  }

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  forPeople(): string {
    return this.page;
  }

  @Get('openapi.json')
  forPrograms(): OpenApiDocument {
    return this.document;
  }
}
