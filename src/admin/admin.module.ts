import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { AdminSessionsController } from './sessions.controller.js';
import { AdminUsersController } from './users.controller.js';

/** What administrators do, over the same sessions as everybody else. */
@Module({ imports: [UsersModule], controllers: [AdminUsersController, AdminSessionsController] })
export class AdminModule {}
