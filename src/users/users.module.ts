import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PasswordHasher } from './password-hasher.js';
import { Seeding } from './seeding.service.js';
import { UserAccounts } from './user-accounts.js';
import { User } from './user.entity.js';
import { Users } from './users.service.js';

/** People, their passwords, and the first of them. */
@Module({
  imports: [TypeOrmModule.forFeature([User])],
  providers: [{ provide: PasswordHasher, useFactory: () => PasswordHasher.create() }, UserAccounts, Users, Seeding],
  exports: [UserAccounts, Users],
})
export class UsersModule {}
