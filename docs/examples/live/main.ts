// A gateway and a stream of events, which are closed when their session ends. Start it:  npm run build && node dist/examples/live/main.js
import 'reflect-metadata';
import { Controller, Module, Sse, UseFilters, UseGuards, type MessageEvent } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  CurrentUser,
  SessionErrorFilter,
  SessionGuard,
  SessionSocketAdapter,
  type AuthenticatedUser,
} from 'nestjs-hybrid-session';
import { map, timer, type Observable } from 'rxjs';
import { AppModule } from '../minimal/app.module.js';

@WebSocketGateway({ path: '/live' })
@UseGuards(SessionGuard)
@UseFilters(SessionErrorFilter) // Nest asks no global filter in gateways
class LiveGateway {
  @SubscribeMessage('whoami')
  whoami(@CurrentUser() user: AuthenticatedUser) {
    return { event: 'me', data: user.username };
  }
}

@Controller()
@UseGuards(SessionGuard)
class EventsController {
  @Sse('events')
  events(@CurrentUser() user: AuthenticatedUser): Observable<MessageEvent> {
    return timer(0, 1_000).pipe(map((tick) => ({ data: { tick, for: user.username } })));
  }
}

@Module({ imports: [AppModule], controllers: [EventsController], providers: [LiveGateway] })
class LiveModule {}

const app = await NestFactory.create(LiveModule, { logger: ['error', 'warn'] });
app.useWebSocketAdapter(new SessionSocketAdapter(app, new WsAdapter(app)));
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000);
