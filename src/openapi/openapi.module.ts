import { Module, type DynamicModule } from '@nestjs/common';
import type { AppConfig } from '../config/app-config.js';
import { DocsController } from './docs.controller.js';

/** The description of all routes, where it is wanted. */
@Module({})
export class OpenApiModule {
  static of({ http }: AppConfig): DynamicModule {
    return { module: OpenApiModule, controllers: http.docs ? [DocsController] : [] };
  }
}
