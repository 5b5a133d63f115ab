// Guards on resolvers, and a subscription that ends with its session. Start it:  npm run build && node dist/examples/graphql/main.js
import 'reflect-metadata';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GraphQLModule, Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import { CurrentUser, RequireRoles, SessionGuard, type AuthenticatedUser } from 'nestjs-hybrid-session';
import { setTimeout as wait } from 'node:timers/promises';
import { AppModule } from '../minimal/app.module.js';

@Resolver()
@UseGuards(SessionGuard)
class PeopleResolver {
  @Query('me')
  me(@CurrentUser() user: AuthenticatedUser): string {
    return user.username;
  }

  // With the cookie a mutation needs the header X-CSRF-Token, as any request that changes something.
  @Mutation('closeBooks')
  @RequireRoles('accountant')
  closeBooks(): boolean {
    return true;
  }

  @Subscription('ticks')
  async *ticks(): AsyncGenerator<{ readonly ticks: number }> {
    for (let ticks = 1; ; ticks++) {
      yield { ticks };
      await wait(1_000, undefined, { ref: false });
    }
  }
}

@Module({
  imports: [
    AppModule,
    GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      typeDefs: `
        type Query { me: String! }
        type Mutation { closeBooks: Boolean! }
        type Subscription { ticks: Int! }`,
      subscriptions: { 'graphql-ws': true },
    }),
  ],
  providers: [PeopleResolver],
})
class GraphModule {}

const app = await NestFactory.create(GraphModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000);
