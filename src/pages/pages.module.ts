import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { FormRedirectInterceptor } from './form-redirect.interceptor.js';
import { PageFilter } from './page.filter.js';
import { PagesController } from './pages.controller.js';

/** The few pages for people. */
@Module({
  controllers: [PagesController],
  providers: [PageFilter, { provide: APP_INTERCEPTOR, useClass: FormRedirectInterceptor }],
})
export class PagesModule {}
