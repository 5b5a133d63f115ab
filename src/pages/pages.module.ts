import { Module } from '@nestjs/common';
import { LoginPageFilter } from './login-page.filter.js';
import { PagesController } from './pages.controller.js';

/** The few pages for people. */
@Module({ controllers: [PagesController], providers: [LoginPageFilter] })
export class PagesModule {}
